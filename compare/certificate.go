package compare

import "fmt"

// Uncertified says in words of each run that has them how many of its steps miss
// the tolerance of their certificate; see pde.StepReport.Residual. Execute puts these
// lines into Result.Notes.
func Uncertified(runs []*Run) []string {
	var out []string
	for _, run := range runs {
		c := run.Trajectory.Contracts
		if c.Uncertified == 0 {
			continue
		}
		out = append(out, fmt.Sprintf("%s: %d of %d steps are not solved to their tolerance: the worst certificate is %s, wanted at most %s; a shorter step or more iterations may help",
			run.ID, c.Uncertified, c.Steps, significant(c.Certificate, 2), significant(c.Tolerance, 2)))
	}
	return out
}
