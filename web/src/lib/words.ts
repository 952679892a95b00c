import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

export type Language = 'ko' | 'en';
/** A text the server holds in both languages, or in one. */
export type Both = string | { ko?: string; en?: string } | null | undefined;

const zone = 'Asia/Seoul';

export function languageOf(tag: string): Language {
  return tag.startsWith('en') ? 'en' : 'ko';
}

/** Numbers, dates and texts in the reader's language. An undefined figure stays undefined: the caller shows its reason. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const language = languageOf(i18n.language);
  return useMemo(() => {
    const locale = language === 'ko' ? 'ko-KR' : 'en-GB';
    const whole = new Intl.NumberFormat(locale);
    const won = new Intl.NumberFormat(locale, { style: 'currency', currency: 'KRW', currencyDisplay: 'narrowSymbol' });
    const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
    const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone });
    const fixed = (digits: number) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
    const both = (text: Both): string => {
      if (text == null) return '';
      const told = typeof text === 'string' ? text : ((language === 'ko' ? text.ko || text.en : text.en || text.ko) ?? '');
      // An instant inside a sentence is for people, too.
      return told.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (iso) => time.format(new Date(iso)));
    };
    return {
      t,
      language,
      both,
      number: (n: number | null | undefined) => (n == null ? t('common.none') : whole.format(n)),
      decimal: (n: number | null | undefined, digits = 3) => (n == null ? t('common.none') : fixed(digits).format(n)),
      percent: (n: number | null | undefined) => (n == null ? t('common.none') : share.format(n)),
      won: (n: number | null | undefined) => (n == null ? t('common.none') : won.format(n)),
      /** 2026-11-23 or a full time stamp; a day is never moved by the time zone. */
      date: (iso: string | null | undefined) => {
        if (!iso) return t('common.none');
        const value = new Date(iso.length === 10 ? `${iso}T00:00:00Z` : iso);
        if (Number.isNaN(value.getTime())) return iso;
        return iso.length === 10 ? day.format(value) : time.format(value);
      },
      /** Search words stand in both languages; acronyms belong to each. */
      keywords: (all: string[] | undefined) => (all ?? []).filter((word) => (language === 'ko' ? /[\uac00-\ud7a3]|^[A-Z]/ : /^[\x20-\x7e]+$/).test(word)),
      /** A code the server uses, in words; a code this portal does not know is shown as it is. */
      code: (group: string, value: string | null | undefined) => {
        if (value == null || value === '') return t('common.none');
        return t(`${group}.${value}`, { defaultValue: value, nsSeparator: false });
      },
    };
  }, [t, language]);
}

export type Words = ReturnType<typeof useWords>;
