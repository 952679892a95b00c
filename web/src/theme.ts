import { Anchor, createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** River blue: shade 8 on white has a contrast of 9 : 1. */
const river: MantineColorsTuple = [
  '#eef6fa', '#dbe9f1', '#b4d2e2', '#8abad3', '#67a5c6', '#5098be', '#4291bb', '#2f6f95', '#0b4a6f', '#073a58',
];

/** Text on a light ground: each at least 7 : 1 on its ground. */
const onLight: Record<string, string> = {
  green: '#14532d', orange: '#7a2e00', red: '#8f1111', yellow: '#5c4300', gray: '#33404a', grape: '#5f1a74', river: '#073a58',
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#4a5863', '--mantine-color-placeholder': '#5b6974' },
  dark: {},
});

export const theme = createTheme({
  primaryColor: 'river',
  primaryShade: 8,
  colors: { river },
  fontFamily:
    '"Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumSquareRound", "NanumGothic", system-ui, sans-serif',
  fontFamilyMonospace: '"D2Coding", "NanumGothicCoding", ui-monospace, Consolas, monospace',
  defaultRadius: 'md',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    const color = onLight[input.color ?? 'river'];
    return input.variant === 'light' && color ? { ...colors, color } : colors;
  },
  components: { Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }) },
  respectReducedMotion: true,
});

/** One colour per holder or series, readable on white and apart for colour-blind readers (Okabe and Ito's set, darkened). */
export const seriesColors = ['#0b4a6f', '#b34700', '#00704f', '#8a3b78', '#7a5c00', '#3d4f9f'];
