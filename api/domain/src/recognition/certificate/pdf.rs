//! The sheet as PDF 1.7 on A4: Chinese out of a built-in font of which only the glyphs shown are carried along, and a code to scan.
//!
//! Latin letters are set in Helvetica, which every reader has. A character that neither font knows (rare characters of names beyond GBK) is shown as 〓,
//! as printers do. Bytes depend on nothing but what is printed.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcodegen::{QrCode, QrCodeEcc};
use subsetter::GlyphRemapper;
use ttf_parser::Face;

use super::paper::{Line, Style};
use crate::error::{Error, Result};

/// Droid Sans Fallback; see the note beside the file.
const FONT: &[u8] = include_bytes!("../../../assets/font/DroidSansFallbackFull.ttf.zz");
/// More than the font takes when it is unpacked.
const FONT_MAX: usize = 8 << 20;
/// Stands for what the font does not have (geta mark).
const MISSING: char = '〓';

const CJK: Name = Name(b"F1");
const LATIN: Name = Name(b"F2");
const CJK_NAME: Name = Name(b"QICAIA+DroidSansFallback");
const SYSTEM: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
const COMPRESSION: u8 = 6;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 56.0;
/// Side of the code, its quiet zone included.
const CODE: f32 = 96.0;

/// Advance of the letters from space to tilde in Helvetica, in thousandths.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584,
    584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667,
    611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500,
    722, 500, 500, 500, 334, 260, 334, 584,
];

/// A character on its way to paper.
#[derive(Clone, Copy)]
enum Glyph {
    /// One byte of the Latin font.
    Latin(u8),
    /// A glyph of the built-in font, as the part of it that is carried along numbers it.
    Cjk(u16),
}

/// The built-in font, and which of its glyphs are used.
struct Typeface<'a> {
    face: Face<'a>,
    used: GlyphRemapper,
    meaning: BTreeMap<u16, (char, f32)>,
}

impl Typeface<'_> {
    fn glyph(&mut self, letter: char) -> (Glyph, f32) {
        match letter {
            ' '..='~' => {
                let byte = u8::try_from(letter).unwrap_or(b' ');
                return (Glyph::Latin(byte), f32::from(HELVETICA[usize::from(byte - b' ')]) / 1000.0);
            }
            '·' => return (Glyph::Latin(0xB7), 0.278),
            '—' => return (Glyph::Latin(0x97), 1.0),
            _ => {}
        }
        let found = self.face.glyph_index(letter).map(|glyph| (letter, glyph));
        let (letter, glyph) =
            found.or_else(|| self.face.glyph_index(MISSING).map(|glyph| (MISSING, glyph))).unwrap_or((MISSING, ttf_parser::GlyphId(0)));
        let width = f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(256)) / f32::from(self.face.units_per_em());
        let number = self.used.remap(glyph.0);
        self.meaning.insert(number, (letter, width));
        (Glyph::Cjk(number), width)
    }
}

/// Writes the sheet.
///
/// # Errors
/// `INTERNAL` when the built-in font is broken or the address does not fit into a code.
pub(super) fn write(lines: &[Line], number: &str, url: &str) -> Result<Vec<u8>> {
    let font = decompress_to_vec_zlib_with_limit(FONT, FONT_MAX).map_err(|error| Error::internal(error.to_string()))?;
    let face = Face::parse(&font, 0).map_err(Error::internal)?;
    let mut typeface = Typeface { face, used: GlyphRemapper::new(), meaning: BTreeMap::new() };
    let pages = set(lines, number, url, &mut typeface)?;
    let part = subsetter::subset(&font, 0, &typeface.used).map_err(|error| Error::internal(error.to_string()))?;
    let pages: Vec<Vec<u8>> = pages.into_iter().map(|page| page.finish().into_vec()).collect();
    Ok(bind(&pages, &part, &typeface, number))
}

fn size(style: Style) -> f32 {
    match style {
        Style::Title => 22.0,
        Style::Heading => 12.5,
        Style::Body => 10.5,
        Style::Small => 9.0,
    }
}

/// Sets the lines on pages; the code stands in the upper corner of the first.
fn set(lines: &[Line], number: &str, url: &str, typeface: &mut Typeface<'_>) -> Result<Vec<Content>> {
    let mut pages = Vec::new();
    let mut page = Content::new();
    draw_code(&mut page, url)?;
    let mut y = HEIGHT - MARGIN;
    for line in lines {
        let size = size(line.style);
        y -= if line.style == Style::Heading { size } else { 0.0 };
        let mut rest: Vec<(Glyph, f32)> = line.text.chars().map(|letter| typeface.glyph(letter)).collect();
        while !rest.is_empty() {
            if y - size < MARGIN {
                pages.push(std::mem::replace(&mut page, Content::new()));
                y = HEIGHT - MARGIN;
            }
            // Beside the code there is less room.
            let beside = pages.is_empty() && y > HEIGHT - MARGIN - CODE;
            let room = WIDTH - 2.0 * MARGIN - if beside { CODE } else { 0.0 };
            let fits = fitting(&rest, room / size);
            let tail = rest.split_off(fits);
            show(&mut page, &rest, MARGIN, y - size, size);
            rest = tail;
            y -= size * 1.6;
        }
    }
    pages.push(page);
    let total = pages.len();
    for (place, page) in (1..).zip(&mut pages) {
        let foot: Vec<_> = format!("{number}  {place}/{total}").chars().map(|letter| typeface.glyph(letter)).collect();
        show(page, &foot, MARGIN, MARGIN / 2.0, 8.0);
    }
    Ok(pages)
}

/// How many glyphs fit into a line of so many em; at least one.
fn fitting(glyphs: &[(Glyph, f32)], room: f32) -> usize {
    let mut width = 0.0;
    let fits = glyphs.iter().take_while(|(_, advance)| {
        width += advance;
        width <= room
    });
    fits.count().max(1)
}

/// Shows glyphs from a place on, one run for each font.
fn show(page: &mut Content, glyphs: &[(Glyph, f32)], x: f32, y: f32, size: f32) {
    page.begin_text();
    page.next_line(x, y);
    for run in glyphs.chunk_by(|(one, _), (other, _)| matches!(one, Glyph::Cjk(_)) == matches!(other, Glyph::Cjk(_))) {
        let is_cjk = matches!(run.first(), Some((Glyph::Cjk(_), _)));
        page.set_font(if is_cjk { CJK } else { LATIN }, size);
        let bytes: Vec<u8> = run
            .iter()
            .flat_map(|(glyph, _)| match glyph {
                Glyph::Latin(byte) => vec![*byte],
                Glyph::Cjk(number) => number.to_be_bytes().to_vec(),
            })
            .collect();
        page.show(Str(&bytes));
    }
    page.end_text();
}

/// Draws the code that leads to `url` as squares.
fn draw_code(page: &mut Content, url: &str) -> Result<()> {
    let code = QrCode::encode_text(url, QrCodeEcc::Medium).map_err(|error| Error::internal(error.to_string()))?;
    // Four squares of quiet on each side, as the standard asks for.
    let squares = code.size() + 8;
    let side = CODE / f32::from(u8::try_from(squares).unwrap_or(u8::MAX));
    let (left, top) = (WIDTH - MARGIN / 2.0 - CODE, HEIGHT - MARGIN / 2.0);
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                let place = |at: i32| f32::from(u8::try_from(at + 4).unwrap_or_default()) * side;
                page.rect(left + place(column), top - place(row) - side, side, side);
            }
        }
    }
    page.fill_nonzero();
    Ok(())
}

/// Puts pages, fonts and names into one file.
fn bind(pages: &[Vec<u8>], part: &[u8], typeface: &Typeface<'_>, number: &str) -> Vec<u8> {
    let mut next = 0;
    let mut id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, info, latin, fonts) = (id(), id(), id(), id(), [id(), id(), id(), id(), id()]);
    let leaves: Vec<(Ref, Ref)> = pages.iter().map(|_| (id(), id())).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN"));
    pdf.document_info(info).title(TextStr(&format!("志愿服务记录证明 {number}"))).producer(TextStr("Qicai"));
    pdf.pages(tree).kids(leaves.iter().map(|(leaf, _)| *leaf)).count(i32::try_from(leaves.len()).unwrap_or(i32::MAX));
    pdf.type1_font(latin).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    write_font(&mut pdf, fonts, part, typeface);
    for ((leaf, stream), page) in leaves.into_iter().zip(pages) {
        let mut written = pdf.page(leaf);
        written.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(stream);
        written.resources().fonts().pair(CJK, fonts[0]).pair(LATIN, latin);
        written.finish();
        let bytes = compress_to_vec_zlib(page, COMPRESSION);
        pdf.stream(stream, &bytes).filter(Filter::FlateDecode);
    }
    pdf.finish()
}

/// Carries the used part of the built-in font along, with what its glyphs mean, so that text can be copied and searched.
fn write_font(pdf: &mut Pdf, [font, descendant, descriptor, file, meaning]: [Ref; 5], part: &[u8], typeface: &Typeface<'_>) {
    pdf.type0_font(font).base_font(CJK_NAME).encoding_predefined(Name(b"Identity-H")).descendant_font(descendant).to_unicode(meaning);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2).base_font(CJK_NAME).system_info(SYSTEM).font_descriptor(descriptor).default_width(1000.0);
    cid.cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = cid.widths();
    for (number, (_, width)) in &typeface.meaning {
        widths.consecutive(*number, [width * 1000.0]);
    }
    widths.finish();
    cid.finish();
    let em = f32::from(typeface.face.units_per_em()) / 1000.0;
    let bounds = typeface.face.global_bounding_box();
    let [left, bottom, right, top] = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|edge| f32::from(edge) / em);
    let [ascent, descent] = [typeface.face.ascender(), typeface.face.descender()].map(|edge| f32::from(edge) / em);
    pdf.font_descriptor(descriptor)
        .name(CJK_NAME)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(ascent)
        .descent(descent)
        .cap_height(ascent)
        .stem_v(80.0)
        .font_file2(file);
    let bytes = compress_to_vec_zlib(part, COMPRESSION);
    pdf.stream(file, &bytes).filter(Filter::FlateDecode).pair(Name(b"Length1"), i32::try_from(part.len()).unwrap_or(i32::MAX));
    let mut map = UnicodeCmap::<u16>::new(Name(b"Qicai"), SYSTEM);
    for (number, (letter, _)) in &typeface.meaning {
        map.pair(*number, *letter);
    }
    pdf.cmap(meaning, &map.finish());
}

#[cfg(test)]
mod tests {
    use super::super::paper::{Line, Style};
    use super::write;

    fn body(text: &str) -> Line {
        Line { style: Style::Body, text: text.to_owned() }
    }

    #[test]
    fn a_sheet_is_small_and_always_the_same() {
        let lines: Vec<Line> = (0..200).map(|_| body("清洁楼道,陪伴老人 120 minutes · 喆燚堃 𠮷")).collect();
        let write = || write(&lines, "430103006005-2026-000001", "https://example.org/certificates/430103006005-2026-000001");
        let first = write().map_err(|error| error.code).expect("written");
        assert!(first.starts_with(b"%PDF-1.7") && first.len() < 60_000, "{}", first.len());
        assert_eq!(first, write().map_err(|error| error.code).expect("written"));
    }
}
