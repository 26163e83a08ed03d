"""The machine that looks for leaks: who works all day, what goes wrong, and what the processes hold on to."""
