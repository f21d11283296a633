//! Words that no duplicate may differ in: negations, number words and the units behind a number, in the languages that
//! prompts are written in. A word is looked up by its hash: one bit says no to nearly all of them.
//!
//! The lists err on the side of keeping texts apart (`ne` is a negation in French and Czech and nothing in English), but for
//! words that are everyday words elsewhere: Danish `to` (two) is no number here.

use std::sync::LazyLock;

use super::hash;

/// What a listed word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Negation,
    Number,
    /// Only behind a number.
    Unit,
}

/// The lists, by hash.
pub(super) struct Lexicon {
    bits: Vec<u64>,
    words: Vec<(u64, Listed)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon { bits: vec![0; 1 << (BITS - 6)], words: Vec::new() };
    for (list, listed) in [(UNITS, Listed::Unit), (NUMBERS, Listed::Number), (NEGATIONS, Listed::Negation)] {
        lexicon.words.extend(list.split_whitespace().map(|word| (hash::word(word.as_bytes()), listed)));
    }
    lexicon.words.sort_by_key(|(hash, _)| *hash);
    for (hash, _) in &lexicon.words {
        let bit = (hash >> (64 - BITS)) as usize;
        lexicon.bits[bit >> 6] |= 1 << (bit & 63);
    }
    lexicon
});

/// 8 KiB of bits: they stay in the nearest cache.
const BITS: u32 = 16;

impl Lexicon {
    pub(super) fn get() -> &'static Lexicon {
        &LEXICON
    }

    /// What the word with that hash is, if it is listed.
    #[inline]
    pub(super) fn find(&self, hash: u64) -> Option<Listed> {
        let bit = (hash >> (64 - BITS)) as usize;
        if self.bits[bit >> 6] & (1 << (bit & 63)) == 0 {
            return None;
        }
        let at = self.words.binary_search_by_key(&hash, |(hash, _)| *hash).ok()?;
        Some(self.words[at].1)
    }
}

/// Words that negate by their form: `don't`, `n'est`, Hangul stems, Persian and Arabic-script prefixes.
pub(super) fn negates_by_form(folded: &str) -> bool {
    folded.ends_with("n't")
        || folded.starts_with("n'")
        || HANGUL.iter().any(|stem| folded.contains(stem))
        || PREFIXES.iter().any(|prefix| folded.starts_with(prefix))
}

/// Negations and numerals in scripts without blanks, where a word is found by its beginning. The longest first.
pub(super) fn unspaced(rest: &str) -> Option<(usize, Listed)> {
    let find = |list: &[&str]| list.iter().find(|word| rest.starts_with(**word)).map(|word| word.len());
    find(UNSPACED_NEGATIONS)
        .map(|n| (n, Listed::Negation))
        .or_else(|| find(UNSPACED_NUMERALS).map(|n| (n, Listed::Number)))
}

const NEGATIONS: &str = "
not no never none nobody nothing nowhere neither nor without cannot cant dont wont isnt arent wasnt werent doesnt didnt
hasnt havent hadnt shouldnt wouldnt couldnt mustnt neednt aint unless except hardly barely nope non nay
nicht nichts kein keine keinen keinem keiner keines nie niemals niemand ohne weder nein nirgends kaum außer
ne pas jamais rien aucun aucune sans ni nul nulle sauf
nunca jamás nada nadie ningún ninguno ninguna tampoco sin excepto salvo
não nao nem ninguém nenhum nenhuma sem jamais exceto
mai niente nessuno nessuna nessun senza né neanche nemmeno tranne
niet geen nooit niemand niets zonder nee nergens
inte ej aldrig utan ingen inget inga ikke ikkje aldri uden uten intet ingenting
ei älä eivät emme ette ilman koskaan
nie bez nigdy nikt nic żaden żadna żadne není nejsou nikdy nikdo nic žádný nelze nemusí nesmí nebyl
nem ne nincs soha nélkül senki semmi
nu fără niciodată nimeni nimic
değil yok asla hiç olmadan hayır
не нет ни никогда никто ничего нельзя без нету нигде никакой кроме
ні немає ніколи ніхто нічого неможливо
δεν δε μην μη όχι χωρίς ποτέ κανένας τίποτα
नहीं मत न ना नही बिना कभी नाही नको নয় না নেই নি ਨਹੀਂ ના નથી இல்லை கூடாது లేదు కాదు ಇಲ್ಲ അല്ല ഇല്ല
لا لم لن ليس ليست غير بدون نه نیست بدون هرگز نہیں مت نہ نا
לא אין בלי אל מבלי
không chẳng chưa đừng tidak bukan jangan tanpa belum tak huwag wala
안 못";

const HANGUL: &[&str] =
    &["않", "없", "아니", "아닙", "아닌", "못하", "못한", "마세요", "마십시오", "말아", "말라", "말고", "지마"];

const PREFIXES: &[&str] = &["نمی", "نمي", "못"];

const UNSPACED_NEGATIONS: &[&str] = &[
    "じゃない",
    "ではない",
    "なかっ",
    "なけれ",
    "ません",
    "ない",
    "なく",
    "なし",
    "ずに",
    "ぬ",
    "まい",
    "不",
    "没",
    "沒",
    "非",
    "无",
    "無",
    "未",
    "别",
    "別",
    "勿",
    "莫",
    "否",
    "毋",
    "ไม่",
    "มิ",
    "ห้าม",
    "อย่า",
    "ไร้",
    "ບໍ່",
    "ຢ່າ",
    "មិន",
    "កុំ",
    "គ្មាន",
    "မ",
];

const UNSPACED_NUMERALS: &[&str] = &[
    "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "万", "萬", "亿", "億", "两", "兩", "零",
    "〇", "半",
];

const NUMBERS: &str = "
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion dozen half
quarter twice thrice first second third fourth fifth sixth seventh eighth ninth tenth double triple single
null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert tausend
million millionen milliarde milliarden erste ersten zweite zweiten dritte dritten halb doppelt zweimal dreimal
deux trois quatre cinq sept huit neuf dix onze douze quinze vingt trente quarante cinquante cent mille premier deuxième
troisième
dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cien ciento mil primero segundo tercero
dois duas três quatro oito nove dez doze vinte trinta cem
tre quattro cinque sette otto nove dieci dodici venti trenta cento mila
twee drie vier vijf zes zeven acht negen tien twaalf twintig honderd duizend
två fyra fem sju åtta nio tio hundra seks syv otte
dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć sto tysiąc
iki üç dört beş altı yedi sekiz dokuz yüz
один одна два две три четыре пять шесть семь восемь девять десять двадцать тридцать сто тысяча миллион первый второй
एक दो तीन चार पांच पाँच छह छः सात आठ नौ दस बीस सौ हजार हज़ार लाख करोड़
واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة مئة ألف
satu dua tiga empat lima enam tujuh delapan sembilan sepuluh một bốn năm sáu bảy tám chín mười";

const UNITS: &str = "
percent per ms millisecond milliseconds s sec secs seconds min mins minute minutes h hr hrs hour hours day days week weeks
month months year years decade decades century centuries am pm am/pm
dollar dollars euro euros pound pounds cent cents yen rupee rupees usd eur gbp
mm cm m km meter meters metre metres kilometer kilometers kilometre kilometres mile miles foot feet ft inch inches yard
yards acre acres hectare hectares
mg g kg gram grams kilogram kilograms ton tons tonne tonnes ounce ounces lb lbs
ml l liter liters litre litres gallon gallons
degree degrees celsius fahrenheit kelvin volt volts watt watts kw kwh mw hz khz mhz ghz
bit bits byte bytes b kb mb gb tb kib mib gib
token tokens word words character characters line lines sentence sentences paragraph paragraphs page pages item items
times time hundredths
prozent sekunde sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren meilen
zeichen wörter wort sätze satz zeilen
secondes heures heure jour jours semaine semaines mois an ans année années kilomètres mots phrases lignes
segundo segundos minuto minutos hora horas día días semana semanas mes meses año años palabras
секунд секунды минут минуты часов часа дней дня недель лет года процентов
प्रतिशत मिनट घंटे दिन महीने साल वर्ष किमी";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_words_are_found_and_others_are_not() {
        let find = |word: &str| Lexicon::get().find(hash::word(word.as_bytes()));
        for word in ["not", "nicht", "jamais", "нет", "नहीं", "não", "không"] {
            assert_eq!(find(word), Some(Listed::Negation), "{word}");
        }
        assert_eq!(find("three"), Some(Listed::Number));
        assert_eq!(find("minutes"), Some(Listed::Unit));
        for word in ["write", "answer", "the", "kind", "nota", "to", "fire", "due", "bin", "sei", "hai", "sex"] {
            assert_eq!(find(word), None, "{word}");
        }
        assert!(negates_by_form("shouldn't") && negates_by_form("n'est") && negates_by_form("않습니다"));
        assert_eq!(unspaced("不要"), Some(("不".len(), Listed::Negation)));
        assert_eq!(unspaced("ませんでした"), Some(("ません".len(), Listed::Negation)));
        assert_eq!(unspaced("要"), None);
    }
}
