//! The ratios of a run as a picture.

use anyhow::{Result, ensure};
use plotters::prelude::*;

use super::measured::Measured;

/// The width of the picture, in pixels.
const WIDTH: u32 = 960;
/// The width of the column with the names of the measurements, in pixels.
const NAMES: u32 = 400;
/// The height of a row, in pixels.
const ROW: u32 = 18;
/// The height of the axis below the rows, and of the margins, in pixels.
const AXIS: u32 = 80;

/// A bar of the picture.
struct Bar {
    name: String,
    ratio: f64,
}

/// Returns an SVG picture with a bar for each measurement that has a floor. The bar goes from 1, the
/// floor, to the ratio of the server. The scale is logarithmic, so that twice and half the floor are
/// equally far from the floor.
///
/// # Errors
/// Fails if no measurement has a floor.
pub(super) fn svg(measured: &[Measured]) -> Result<String> {
    // The lowest row is the first one.
    let bars: Vec<_> = measured.iter().rev().filter_map(bar).collect();
    ensure!(!bars.is_empty(), "there is nothing to plot, because none of the chosen cases has a floor");
    let least = bars.iter().map(|bar| bar.ratio).fold(1.0, f64::min);
    let most = bars.iter().map(|bar| bar.ratio).fold(1.0, f64::max);
    let height = AXIS + ROW * u32::try_from(bars.len() + 1)?;
    // The row above the bars stays empty. A scale of a single row would have no height.
    let rows = 0..bars.len();
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let name = |row: &SegmentValue<usize>| match row {
        SegmentValue::CenterOf(row) => bars.get(*row).map(|bar| bar.name.clone()).unwrap_or_default(),
        SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
    };
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .set_label_area_size(LabelAreaPosition::Left, NAMES)
        .set_label_area_size(LabelAreaPosition::Bottom, 45)
        .build_cartesian_2d((least * 0.9..most * 1.1).log_scale(), rows.into_segmented())?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_desc("how many times better the floor is than the server")
        .y_labels(bars.len() + 1)
        .y_label_formatter(&name)
        .draw()?;
    chart.draw_series(bars.iter().enumerate().map(|(row, bar)| {
        let corners = [(1.0, SegmentValue::Exact(row)), (bar.ratio, SegmentValue::Exact(row + 1))];
        let color = if bar.ratio > 1.0 { BLUE.mix(0.6) } else { GREEN.mix(0.8) };
        let mut shape = Rectangle::new(corners, color.filled());
        shape.set_margin(3, 3, 0, 0);
        shape
    }))?;
    area.present()?;
    drop(chart);
    drop(area);
    Ok(text)
}

fn bar(measured: &Measured) -> Option<Bar> {
    Some(Bar { name: measured.name(), ratio: measured.ratio? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Series, Unit};

    fn measured(name: &str, ratio: Option<f64>) -> Measured {
        Measured {
            case: "case",
            series: Series::new(name, Unit::PerSecond),
            floor_median: None,
            server_median: None,
            ratio,
            spread_percent: None,
        }
    }

    #[test]
    fn the_picture_names_each_measurement_that_has_a_floor() {
        let rows = [measured("slow", Some(12.5)), measured("fast", Some(0.8)), measured("alone", None)];
        let picture = svg(&rows).unwrap();
        assert!(picture.starts_with("<svg") && picture.contains("case: slow") && picture.contains("case: fast"));
        assert!(!picture.contains("alone"));
        assert!(svg(&rows[2..]).is_err());
    }

    /// Returns the heights of all filled rectangles, in pixels.
    fn heights(picture: &str) -> Vec<u32> {
        let rectangles = picture.split("<rect ").skip(1);
        rectangles
            .map(|rectangle| rectangle.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn the_bar_of_a_single_measurement_has_a_height() {
        let picture = svg(&[measured("slow", Some(12.5))]).unwrap();
        let [_background, bar] = heights(&picture)[..] else { panic!("{picture}") };
        assert!(bar > ROW / 3, "{bar}");
    }
}
