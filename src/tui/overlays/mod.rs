//! Cards, prompts and full-screen overlays on top of a screen.
