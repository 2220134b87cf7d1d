"""Review by people: what is drawn, the sheets that it is judged on, and the way back."""
