// Command pdesolve solves the Wasserstein gradient-flow PDE of training a
// Transformer, simulates networks of finite width and depth, and measures how fast
// these approach the PDE.
//
//	pdesolve compare [EXPERIMENT] [-o DIR]   run an experiment and write a report
//	pdesolve solve EXPERIMENT [-o DIR]       solve the PDE only
//	pdesolve verify                          measure every scheme's orders on exact solutions
//	pdesolve check EXPERIMENT                validate an experiment and predict its cost
//	pdesolve init [NAME]                     write a commented experiment to start from, or one for a table
//	pdesolve list                            built-in experiments and what a file can name
//	pdesolve report DIR [OTHER]              rebuild the report of a results folder, or compare two
//	pdesolve version                         print the version
//
// EXPERIMENT is a YAML file or the name of a built-in experiment. Results go to
// stdout, progress and warnings to stderr. The exit status is 0 if all is done, 1 if
// the numerics failed or the run was interrupted, 2 if the request was wrong.
package main
