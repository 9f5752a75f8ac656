"""What the engine costs: stage by stage (``vace-live bench engine``), and beside the same network in a deliberately
plain form (``vace-live bench compare``)."""
