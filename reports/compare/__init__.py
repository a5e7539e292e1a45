"""Several subjects on the same plans: from judged runs to one frozen `Comparison`.

`run_summary` reduces a run to what is compared and pools runs. `guarantees` judges a run against what its architecture
guarantees. `ranking` computes intervals over seeds and ranks the entries. `guide_claims` and `headline` write findings
as sentences. `build` composes the comparison.
"""
