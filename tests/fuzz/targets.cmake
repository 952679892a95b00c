# naru_fuzz(NAME ROOM): one target per parser of outside input.
