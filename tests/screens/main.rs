//! What the screens show and what keys do on them: whole frames with a fixed clock, and the app from outside.
//!
//! Snapshots are in `mono`, so that what they show is carried by words alone.

mod stage;

use stage::*;
use tminus::model::output::Stream;

#[test]
#[ignore = "prints frames for people to look at"]
fn look() {
    let mut stage = Stage::new();
    println!("{}", stage.picture(80, 24));
    stage = stage.begun();
    println!("{}", stage.picture(80, 24));
    stage = Stage::new().in_phase_two();
    println!("{}", stage.picture(80, 24));
    stage.ran("deploy", 598, "deployed\n");
    stage.ran("smoke", 4, "ok\n");
    stage.start("routes");
    stage.print("routes", Stream::Out, "HTTP/2 200\n{\"ok\":true,\"visibility\":\"private\"}\n");
    stage.print("routes", Stream::Err, "curl: slow answer\n");
    stage.pass(252);
    for (width, height) in [(80, 24), (160, 48), (120, 40), (40, 10), (60, 20), (39, 7), (40, 8)] {
        println!("{width}x{height}\n{}", stage.picture(width, height));
    }
}
