//! CSV (RFC 4180): a header, commas, fields that may be quoted. Rows are numbered as a spreadsheet
//! shows them: the header is row 1.

use super::IMPORT_ROWS_MAX;
use super::rows::ImportError;

/// A part of a file that one request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The header and some rows.
    pub csv: String,
    /// The number of the first of them in the file.
    pub first_row: u64,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) row: u64,
    pub(super) fields: Vec<String>,
    /// The row as it is written, without the end of its line.
    text: &'a str,
}

/// A mark that spreadsheets write at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Cuts a file into chunks of at most [`IMPORT_ROWS_MAX`] rows.
///
/// # Errors
/// A field that is quoted and never ends.
pub fn chunks(file: &str) -> Result<Vec<Chunk>, ImportError> {
    let records = records(file, 1)?;
    let Some((header, rows)) = records.split_first() else { return Ok(Vec::new()) };
    let chunk = |rows: &[Record<'_>]| {
        let first_row = rows.first().map_or(2, |record| record.row);
        let (mut csv, mut next) = (header.text.to_owned(), first_row);
        for record in rows {
            // Empty rows stay, so that the others keep their numbers.
            for _ in next..=record.row {
                csv.push('\n');
            }
            csv.push_str(record.text);
            next = record.row + 1;
        }
        Chunk { csv, first_row }
    };
    Ok(rows.chunks(IMPORT_ROWS_MAX).map(chunk).collect())
}

/// The rows of a text that are not empty; the first of them is row `first`.
pub(super) fn records(text: &str, first: u64) -> Result<Vec<Record<'_>>, ImportError> {
    let mut rest = text.trim_start_matches(BYTE_ORDER_MARK);
    let (mut records, mut row) = (Vec::new(), first);
    while !rest.is_empty() {
        let (record, after) = record(rest, row)?;
        rest = after;
        if record.fields.iter().any(|field| !field.trim().is_empty()) {
            records.push(record);
        }
        row += 1;
    }
    Ok(records)
}

/// The first row of a text, and what follows.
fn record(text: &str, row: u64) -> Result<(Record<'_>, &str), ImportError> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut is_quoted = false;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek().is_some_and(|(_, next)| *next == '"') => {
                letters.next();
                field.push('"');
            }
            '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                fields.push(field);
                let text_of = text[..at].trim_end_matches('\r');
                return Ok((Record { row, fields, text: text_of }, &text[at + 1..]));
            }
            '\r' if !is_quoted => {}
            letter => field.push(letter),
        }
    }
    if is_quoted {
        let message = "a field begins with a quotation mark and never ends".to_owned();
        return Err(ImportError { row, column: String::new(), message });
    }
    fields.push(field);
    Ok((Record { row, fields, text }, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(u64, Vec<String>)> {
        let records = records(text, 1).unwrap();
        records.into_iter().map(|record| (record.row, record.fields)).collect()
    }

    #[test]
    fn quoted_fields_have_commas_quotation_marks_and_ends_of_lines() {
        let text = "\u{feff}customer,points\r\n\"a, b\",\"say \"\"x\"\"\"\r\n\r\n\"two\nlines\",3";
        let owned = |fields: [&str; 2]| fields.map(str::to_owned).to_vec();
        assert_eq!(
            fields(text),
            [
                (1, owned(["customer", "points"])),
                (2, owned(["a, b", "say \"x\""])),
                (4, owned(["two\nlines", "3"])),
            ]
        );
    }

    #[test]
    fn a_field_that_never_ends_is_named() {
        let error = records("a,b\n1,\"2\n3,4", 1).unwrap_err();
        assert_eq!(error.row, 2);
    }

    #[test]
    fn a_file_is_cut_between_rows_and_every_chunk_has_the_header() {
        let rows: Vec<String> = (2..=251).map(|row| format!("{row},\"{row}\n\"")).collect();
        let file = format!("customer,points\n{}\n", rows.join("\n"));
        let chunks = chunks(&file).unwrap();
        let begins: Vec<u64> = chunks.iter().map(|chunk| chunk.first_row).collect();
        assert_eq!(begins, [2, 102, 202]);
        assert!(chunks.iter().all(|chunk| chunk.csv.starts_with("customer,points\n")));
        assert!(chunks[1].csv.contains("\n102,\"102\n\""), "{}", chunks[1].csv);
        let count = |chunk: &Chunk| records(&chunk.csv, 1).unwrap().len() - 1;
        assert_eq!(chunks.iter().map(count).sum::<usize>(), 250);
    }
}
