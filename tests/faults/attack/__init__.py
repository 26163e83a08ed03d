"""The machine that sends hostile strings through the window: payloads, a backend that says them, what is seen of it."""
