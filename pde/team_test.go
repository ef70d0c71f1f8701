package pde

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every part is done once in every pass, by whomever, also where helpers have slept, and
// all are done when run returns.
func TestTeamDoesEveryPartOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	team := newTeam(4)
	require.Equal(t, 4, team.size())
	done := make([]int, 4)
	work := func(i int) { done[i]++ }
	for pass := range 400 {
		n := 1 + pass%4
		clear(done)
		team.run(n, work)
		for i, d := range done {
			if want := map[bool]int{true: 1}[i < n]; d != want {
				t.Fatalf("pass %d: part %d of %d was done %d times", pass, i, n, d)
			}
		}
		if pass%100 == 99 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}
