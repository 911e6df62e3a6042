/**
 * Unicode's blocks in the order of their code points: each name, without its spaces and hyphens, with the code point behind
 * its last one; `-` is what is in no block. They are those of Unicode 6.2, which Joni knows.
 * @source Unicode 6.2 Blocks.txt
 */
const BLOCKS = `
  basiclatin 80, latin1supplement 100, latinextendeda 180, latinextendedb 250, ipaextensions 2b0,
  spacingmodifierletters 300, combiningdiacriticalmarks 370, greekandcoptic 400, cyrillic 500,
  cyrillicsupplement 530, armenian 590, hebrew 600, arabic 700, syriac 750, arabicsupplement 780,
  thaana 7c0, nko 800, samaritan 840, mandaic 860, - 8a0, arabicextendeda 900, devanagari 980,
  bengali a00, gurmukhi a80, gujarati b00, oriya b80, tamil c00, telugu c80, kannada d00,
  malayalam d80, sinhala e00, thai e80, lao f00, tibetan 1000, myanmar 10a0, georgian 1100,
  hanguljamo 1200, ethiopic 1380, ethiopicsupplement 13a0, cherokee 1400,
  unifiedcanadianaboriginalsyllabics 1680, ogham 16a0, runic 1700, tagalog 1720, hanunoo 1740,
  buhid 1760, tagbanwa 1780, khmer 1800, mongolian 18b0, - 1900, limbu 1950, taile 1980,
  newtailue 19e0, khmersymbols 1a00, buginese 1a20, taitham 1ab0, - 1b00, balinese 1b80,
  sundanese 1bc0, batak 1c00, lepcha 1c50, olchiki 1c80, - 1cc0, sundanesesupplement 1cd0,
  vedicextensions 1d00, phoneticextensions 1d80, phoneticextensionssupplement 1dc0,
  combiningdiacriticalmarkssupplement 1e00, latinextendedadditional 1f00, greekextended 2000,
  generalpunctuation 2070, superscriptsandsubscripts 20a0, currencysymbols 20d0,
  combiningdiacriticalmarksforsymbols 2100, letterlikesymbols 2150, numberforms 2190, arrows 2200,
  mathematicaloperators 2300, miscellaneoustechnical 2400, controlpictures 2440,
  opticalcharacterrecognition 2460, enclosedalphanumerics 2500, boxdrawing 2580,
  blockelements 25a0, geometricshapes 2600, miscellaneoussymbols 2700, dingbats 27c0,
  miscellaneousmathematicalsymbolsa 27f0, supplementalarrowsa 2800, braillepatterns 2900,
  supplementalarrowsb 2980, miscellaneousmathematicalsymbolsb 2a00,
  supplementalmathematicaloperators 2b00, miscellaneoussymbolsandarrows 2c00, glagolitic 2c60,
  latinextendedc 2c80, coptic 2d00, georgiansupplement 2d30, tifinagh 2d80, ethiopicextended 2de0,
  cyrillicextendeda 2e00, supplementalpunctuation 2e80, cjkradicalssupplement 2f00,
  kangxiradicals 2fe0, - 2ff0, ideographicdescriptioncharacters 3000,
  cjksymbolsandpunctuation 3040, hiragana 30a0, katakana 3100, bopomofo 3130,
  hangulcompatibilityjamo 3190, kanbun 31a0, bopomofoextended 31c0, cjkstrokes 31f0,
  katakanaphoneticextensions 3200, enclosedcjklettersandmonths 3300, cjkcompatibility 3400,
  cjkunifiedideographsextensiona 4dc0, yijinghexagramsymbols 4e00, cjkunifiedideographs a000,
  yisyllables a490, yiradicals a4d0, lisu a500, vai a640, cyrillicextendedb a6a0, bamum a700,
  modifiertoneletters a720, latinextendedd a800, sylotinagri a830, commonindicnumberforms a840,
  phagspa a880, saurashtra a8e0, devanagariextended a900, kayahli a930, rejang a960,
  hanguljamoextendeda a980, javanese a9e0, - aa00, cham aa60, myanmarextendeda aa80, taiviet aae0,
  meeteimayekextensions ab00, ethiopicextendeda ab30, - abc0, meeteimayek ac00,
  hangulsyllables d7b0, hanguljamoextendedb d800, highsurrogates db80,
  highprivateusesurrogates dc00, lowsurrogates e000, privateusearea f900,
  cjkcompatibilityideographs fb00, alphabeticpresentationforms fb50, arabicpresentationformsa fe00,
  variationselectors fe10, verticalforms fe20, combininghalfmarks fe30, cjkcompatibilityforms fe50,
  smallformvariants fe70, arabicpresentationformsb ff00, halfwidthandfullwidthforms fff0,
  specials 10000, linearbsyllabary 10080, linearbideograms 10100, aegeannumbers 10140,
  ancientgreeknumbers 10190, ancientsymbols 101d0, phaistosdisc 10200, - 10280, lycian 102a0,
  carian 102e0, - 10300, olditalic 10330, gothic 10350, - 10380, ugaritic 103a0, oldpersian 103e0,
  - 10400, deseret 10450, shavian 10480, osmanya 104b0, - 10800, cypriotsyllabary 10840,
  imperialaramaic 10860, - 10900, phoenician 10920, lydian 10940, - 10980,
  meroitichieroglyphs 109a0, meroiticcursive 10a00, kharoshthi 10a60, oldsoutharabian 10a80,
  - 10b00, avestan 10b40, inscriptionalparthian 10b60, inscriptionalpahlavi 10b80, - 10c00,
  oldturkic 10c50, - 10e60, ruminumeralsymbols 10e80, - 11000, brahmi 11080, kaithi 110d0,
  sorasompeng 11100, chakma 11150, - 11180, sharada 111e0, - 11680, takri 116d0, - 12000,
  cuneiform 12400, cuneiformnumbersandpunctuation 12480, - 13000, egyptianhieroglyphs 13430,
  - 16800, bamumsupplement 16a40, - 16f00, miao 16fa0, - 1b000, kanasupplement 1b100, - 1d000,
  byzantinemusicalsymbols 1d100, musicalsymbols 1d200, ancientgreekmusicalnotation 1d250, - 1d300,
  taixuanjingsymbols 1d360, countingrodnumerals 1d380, - 1d400,
  mathematicalalphanumericsymbols 1d800, - 1ee00, arabicmathematicalalphabeticsymbols 1ef00,
  - 1f000, mahjongtiles 1f030, dominotiles 1f0a0, playingcards 1f100,
  enclosedalphanumericsupplement 1f200, enclosedideographicsupplement 1f300,
  miscellaneoussymbolsandpictographs 1f600, emoticons 1f650, - 1f680, transportandmapsymbols 1f700,
  alchemicalsymbols 1f780, - 20000, cjkunifiedideographsextensionb 2a6e0, - 2a700,
  cjkunifiedideographsextensionc 2b740, cjkunifiedideographsextensiond 2b820, - 2f800,
  cjkcompatibilityideographssupplement 2fa20, - e0000, tags e0080, - e0100,
  variationselectorssupplement e01f0, - f0000, supplementaryprivateuseareaa 100000,
  supplementaryprivateuseareab 110000
`

const OLD_NAMES: Readonly<Record<string, string>> = {
  greek: 'greekandcoptic',
  combiningmarksforsymbols: 'combiningdiacriticalmarksforsymbols',
  cyrillicsupplementary: 'cyrillicsupplement',
}
const NO_BLOCK = 'noblock'

let ranges: Map<string, string> | undefined

/** The class of a block's code points; undefined where there is none of the name, which is in lower case. */
export function unicodeBlock(name: string): string | undefined {
  ranges ??= readRanges()
  const range = ranges.get(OLD_NAMES[name] ?? name)
  return range === undefined ? undefined : `[${range}]`
}

function readRanges(): Map<string, string> {
  const found = new Map<string, string>()
  let outside = ''
  let start = 0
  for (const entry of BLOCKS.trim().split(/,\s+/)) {
    const [name, endText] = entry.split(' ') as [string, string]
    const end = Number.parseInt(endText, 16)
    const range = `\\u{${start.toString(16)}}-\\u{${(end - 1).toString(16)}}`
    if (name === '-') outside += range
    else found.set(name, range)
    start = end
  }
  return found.set(NO_BLOCK, outside)
}
