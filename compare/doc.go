// Package compare measures how fast finite Transformers and discretised flows
// approach their limit, and reports it.
//
// A Study names one model, the solvers of its mean-field PDE, and finite networks
// of many widths, depths and seeds. Execute makes the runs and arranges them in
// ladders, each of which varies one source of error and holds the others:
//
//	cells        grid runs of a scheme against M = ∞ at the same L
//	step         JKO runs against the flow on the same grid in continuous time
//	depth        L residual layers of equal atoms (M = ∞, no chance) against continuous depth
//	width        networks of width M against M = ∞ at the same L
//	parameters   networks of many shapes against M = ∞ at their own L, by L·M
//	coupling     particles of networks against those with the same start that M = ∞ moves
//
// The error of a run is its distance from a reference, uniformly over the saved
// training times (Distance): of the outputs, of the risk R and of the objective Q.
// Every reference comes with an estimate of its own error, and a point that is not ten
// times farther away than that does not enter a fit. Fit then measures the slope of
// log error against log size with an interval, and compares it with the prediction:
//
//	[G]  Gao, Cao, Li, He, Wang, Liu, Klusowski, Fan, Global Convergence in Training
//	     Large-Scale Transformers, NeurIPS 2024, arXiv:2410.23610, Theorem 3.1:
//	     error ≤ C (1/L + sqrt((δ + log(L+1))/M)) with probability 1 − 3e^{−δ}.
//
// With a Store, Execute keeps every run as it finishes and makes none twice; see Store
// and Shard.
//
// WriteReport writes the results folder: a page that reads offline, Markdown, LaTeX,
// JSON, CSV, figures and states.
package compare
