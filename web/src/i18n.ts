import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './locales/en.json';
import ko from './locales/ko.json';
import { languageOf } from './lib/words';

const memory = 'naru.language';

function remembered(): string {
  try {
    return localStorage.getItem(memory) ?? 'ko';
  } catch {
    return 'ko';
  }
}

export function choose(language: 'ko' | 'en') {
  try {
    localStorage.setItem(memory, language);
  } catch {
    // A browser that forbids storage still switches for this visit.
  }
  void i18next.changeLanguage(language);
}

void i18next.use(initReactI18next).init({
  lng: languageOf(remembered()),
  fallbackLng: false,
  resources: { ko: { translation: ko }, en: { translation: en } },
  interpolation: { escapeValue: false },
});

const mark = (language: string) => {
  document.documentElement.lang = languageOf(language);
};
mark(i18next.language);
i18next.on('languageChanged', mark);
