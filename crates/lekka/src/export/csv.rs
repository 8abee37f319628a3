//! A table with one line per digit.

use std::io::{self, Write};

use super::Exporter;
use crate::reading::PageReading;

/// The columns, in order.
const HEADER: [&str; 17] = [
    "source",
    "page",
    "field",
    "kind",
    "row",
    "column",
    "digit",
    "probability",
    "status",
    "x",
    "y",
    "width",
    "height",
    "second_digit",
    "second_probability",
    "text",
    "error",
];

/// Writes a header and a line per digit; `digit` is empty for a blank. A picture that could not be
/// read has a line with its name and the `error` alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct CsvExporter;

impl Exporter for CsvExporter {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(HEADER)?;
        table.flush()
    }

    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        let number = page.page.to_string();
        for field in &page.fields {
            for digit in &field.digits {
                let [x, y, width, height] = digit.bounds.map(|pixels| pixels.to_string());
                let second = digit.alternatives.first();
                let cells: [&str; HEADER.len()] = [
                    &page.source,
                    &number,
                    &field.name,
                    field.kind.as_str(),
                    &digit.row.to_string(),
                    &digit.column.to_string(),
                    &digit
                        .digit
                        .map_or_else(String::new, |digit| digit.to_string()),
                    &format!("{:.6}", digit.probability),
                    digit.status.as_str(),
                    &x,
                    &y,
                    &width,
                    &height,
                    &second.map_or_else(String::new, |second| second.digit.to_string()),
                    &second.map_or_else(String::new, |second| format!("{:.6}", second.probability)),
                    &crate::Script::Kannada.character(digit.digit).to_string(),
                    "",
                ];
                table.write_record(cells)?;
            }
        }
        for error in &page.errors {
            let mut cells = [""; HEADER.len()];
            cells[0] = &page.source;
            cells[1] = &number;
            cells[HEADER.len() - 1] = error;
            table.write_record(cells)?;
        }
        table.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exported, sample};
    use super::*;

    #[test]
    fn a_line_per_digit_and_per_error() {
        let pages = [sample(), PageReading::failed("b.png", "not a picture")];
        assert_eq!(
            exported(&mut CsvExporter, &pages),
            "source,page,field,kind,row,column,digit,probability,status,x,y,width,height,second_digit,second_probability,text,error\n\
             \"a, \"\"b\"\".png\",1,field_1,grid,0,0,1,1.000000,ok,10,5,16,24,,,೧,\n\
             \"a, \"\"b\"\".png\",1,field_1,grid,0,1,2,0.750000,review,30,5,16,24,3,0.250000,೨,\n\
             \"a, \"\"b\"\".png\",1,field_1,grid,1,0,,1.000000,blank,10,35,16,24,,,_,\n\
             \"a, \"\"b\"\".png\",1,field_1,grid,1,1,4,1.000000,ok,30,35,16,24,,,೪,\n\
             \"a, \"\"b\"\".png\",1,field_2,digit,0,0,9,1.000000,ok,10,5,16,24,,,೯,\n\
             b.png,1,,,,,,,,,,,,,,,not a picture\n"
        );
    }
}
