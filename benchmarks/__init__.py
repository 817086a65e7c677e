"""Speed and memory as ratios, both sides measured side by side in one run. One command each, run by hand."""
