//! Reader of tables; most of an industrial product consists of tuples.

use std::collections::HashMap;

use domain_core::authoring::Place;

use super::json::Json;
use super::reader::Reader;
use crate::ids::ValueId;
use crate::product::{Names, Table};

/// Most cells of all tables together: 32 MiB of indices.
pub const CELLS_MAX: usize = 16 << 20;

/// Reads tables against the names of a product.
pub(super) struct TableReader<'n> {
    names: &'n Names,
    cells_left: usize,
}

/// One column: an option and the ids of its values.
struct Column<'n> {
    id: &'n str,
    option: u16,
    values: &'n HashMap<ValueId, u16>,
}

// === impl TableReader ===

impl<'n> TableReader<'n> {
    pub(super) fn new(names: &'n Names) -> Self {
        Self { names, cells_left: CELLS_MAX }
    }

    pub(super) fn table(
        &mut self,
        reader: &mut Reader,
        place: &Place<'_>,
        json: &Json<'_>,
    ) -> Option<Table> {
        let names = ["options", "tuples"];
        let fields = reader.fields(place, json, &names, &names)?;
        let columns = self.columns(reader, &place.key("options"), fields.get("options")?);
        let place = place.key("tuples");
        let rows = reader.list(&place, fields.get("tuples"), CELLS_MAX);
        let columns = columns?;
        let cells = rows.len().saturating_mul(columns.len());
        let Some(cells_left) = self.cells_left.checked_sub(cells) else {
            let message = format!("the tables of a product have more than {CELLS_MAX} cells");
            reader.mistake(&place, message);
            return None;
        };
        self.cells_left = cells_left;
        let mut read = Vec::with_capacity(cells);
        for (index, row) in rows.iter().enumerate() {
            read_row(reader, &place.index(index), row, &columns, &mut read);
        }
        Some(Table::new(columns.iter().map(|column| column.option).collect(), &read))
    }

    /// The options of a table; `None` if one of them is unknown or repeated.
    fn columns<'j: 'n>(
        &self,
        reader: &mut Reader,
        place: &Place<'_>,
        json: &'j Json<'j>,
    ) -> Option<Vec<Column<'n>>> {
        let items = reader.list(place, Some(json), super::OPTIONS_MAX);
        let mut columns: Vec<Column<'n>> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = place.index(index);
            let Some(id) = reader.text(&place, item) else { continue };
            match self.names.values(id) {
                None => reader.mistake(&place, format!("there is no option {id:?}")),
                Some((option, _)) if columns.iter().any(|other| other.option == option) => {
                    reader.mistake(&place, format!("option {id:?} is there more than once"));
                }
                Some((option, values)) => columns.push(Column { id, option, values }),
            }
        }
        if items.is_empty() && matches!(json, Json::List(_)) {
            reader.mistake(place, "a table needs at least one option");
        }
        (columns.len() == items.len() && !items.is_empty()).then_some(columns)
    }
}

/// Adds a row to the cells. A row with a mistake is skipped, so that the table stays rectangular.
fn read_row(
    reader: &mut Reader,
    place: &Place<'_>,
    json: &Json<'_>,
    columns: &[Column<'_>],
    cells: &mut Vec<u16>,
) {
    let Json::List(items) = json else {
        reader.mistake(place, format!("expected a list, found {}", json.kind()));
        return;
    };
    if items.len() != columns.len() {
        let (options, values) = (columns.len(), items.len());
        reader.mistake(place, format!("{values} values for {options} options"));
        return;
    }
    let begin = cells.len();
    for (index, (item, column)) in items.iter().zip(columns).enumerate() {
        let place = place.index(index);
        let Some(id) = reader.text(&place, item) else { continue };
        match column.values.get(id) {
            Some(value) => cells.push(*value),
            None => {
                let option = column.id;
                reader.mistake(&place, format!("option {option:?} has no value {id:?}"));
            }
        }
    }
    if cells.len() - begin != columns.len() {
        cells.truncate(begin);
    }
}
