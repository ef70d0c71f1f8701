package compare

// Warned returns the warnings of the runs' trajectories, each with the run's name.
// Execute puts these lines into Result.Notes.
func Warned(runs []*Run) []string {
	var out []string
	for _, run := range runs {
		for _, w := range run.Trajectory.Warnings {
			out = append(out, run.ID+": "+w)
		}
	}
	return out
}
