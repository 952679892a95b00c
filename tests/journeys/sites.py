"""A few served sites on this machine, for a journey that is not the demo."""
import json
import subprocess
import time

from journey import NARU


class Sites:
    def __init__(self, journey, roles):
        self.journey = journey
        self.roles = roles
        self.served = {}

    def folder(self, name):
        return self.journey.folder / "sites" / name

    def serve(self, name):
        log = open(self.journey.folder / f"{name}.log", "w")
        more = ["--portal-port", "0", "--wire-port", "0"] if self.roles[name] == "authority" else []
        self.served[name] = subprocess.Popen([NARU, "serve", "--site", str(self.folder(name)), *more], stdout=log, stderr=log)

    def listening(self):
        file = self.folder("authority") / "serve.json"
        while not file.exists():
            if self.served["authority"].poll() is not None:
                raise SystemExit((self.journey.folder / "authority.log").read_text())
            time.sleep(0.05)
        return json.loads(file.read_text())

    def portal_port(self):
        return self.listening()["portal_port"]

    def found(self):
        """Makes and enrols every site; the authority serves, the others not yet."""
        for name, role in self.roles.items():
            self.journey.must("init", self.folder(name), "--site", name, "--role", role)
        self.serve("authority")
        port = self.listening()["wire_port"]
        for name, role in self.roles.items():
            if role == "authority":
                continue
            code = self.journey.must("authority", "code", "--site", self.folder("authority"), "--for", name, "--role", role)["code"]
            self.journey.must("enrol", self.folder(name), "--authority", f"https://127.0.0.1:{port}", "--code-stdin", stdin=code)

    def serve_all(self):
        for name in self.roles:
            if name not in self.served:
                self.serve(name)

    def stop(self):
        for process in self.served.values():
            process.terminate()
        for process in self.served.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
