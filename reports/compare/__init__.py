"""Several subjects on the same plans, side by side: from judged runs to one frozen `Comparison`.

`played` reduces a run to what is compared, `pooling` and `paired` do the statistics, `promises` holds a subject to what
its architecture promises, `ranking` orders, `claims` and `headline` say in words what was found, `build` puts it
together.
"""
