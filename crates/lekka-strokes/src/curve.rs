//! Smooth curves through the points of a stroke.

use crate::alphabet::Point;

/// Straight pieces per span between two given points.
const PIECES: usize = 10;

/// A centripetal Catmull-Rom curve through `points`, as a polyline. A point given twice in a row
/// is a corner: the curve ends there and a new one begins.
pub(crate) fn smooth(points: &[Point]) -> Vec<Point> {
    let mut line = Vec::new();
    let mut start = 0;
    for i in 1..=points.len() {
        if i == points.len() || is_corner(points[i - 1], points[i]) {
            smooth_run(&points[start..i], &mut line);
            start = i;
        }
    }
    line
}

/// Whether two points in a row are the same one.
pub(crate) fn is_corner(a: Point, b: Point) -> bool {
    a.map(f32::to_bits) == b.map(f32::to_bits)
}

fn smooth_run(points: &[Point], line: &mut Vec<Point>) {
    if points.len() < 3 {
        line.extend_from_slice(points);
        return;
    }
    let mirrored = |a: Point, b: Point| [2.0 * a[0] - b[0], 2.0 * a[1] - b[1]];
    for i in 0..points.len() - 1 {
        let [p1, p2] = [points[i], points[i + 1]];
        let p0 = if i == 0 {
            mirrored(p1, p2)
        } else {
            points[i - 1]
        };
        let p3 = points
            .get(i + 2)
            .copied()
            .unwrap_or_else(|| mirrored(p2, p1));
        for piece in 0..PIECES {
            line.push(catmull_rom([p0, p1, p2, p3], piece as f32 / PIECES as f32));
        }
    }
    line.push(points[points.len() - 1]);
}

/// Barry and Goldman's pyramid with knots by the square root of the distance: no loops, no cusps.
fn catmull_rom(p: [Point; 4], t: f32) -> Point {
    let step = |a: Point, b: Point| (b[0] - a[0]).hypot(b[1] - a[1]).sqrt().max(1e-6);
    let t1 = step(p[0], p[1]);
    let t2 = t1 + step(p[1], p[2]);
    let t3 = t2 + step(p[2], p[3]);
    let t = t1 + t * (t2 - t1);
    let mix = |a: Point, b: Point, from: f32, to: f32| {
        let w = (t - from) / (to - from);
        [a[0] + w * (b[0] - a[0]), a[1] + w * (b[1] - a[1])]
    };
    let a1 = mix(p[0], p[1], 0.0, t1);
    let a2 = mix(p[1], p[2], t1, t2);
    let a3 = mix(p[2], p[3], t2, t3);
    mix(mix(a1, a2, 0.0, t2), mix(a2, a3, t1, t3), t1, t2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_through_its_points() {
        let points = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let line = smooth(&points);
        for p in points {
            assert!(
                line.iter().any(|q| (q[0] - p[0]).hypot(q[1] - p[1]) < 1e-5),
                "{p:?}"
            );
        }
    }

    #[test]
    fn a_doubled_point_is_a_corner() {
        let line = smooth(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]);
        assert_eq!(line, [[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]);
    }
}
