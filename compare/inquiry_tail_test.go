package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Seeds of one law are within, if there are as many as are asked for; errors three times as
// large in the half that tests violate the bound; few seeds confirm nothing.
func TestTailDecides(t *testing.T) {
	s := &Study{Confidence: 0.95}
	n := tailSeeds(s) / 2
	_, hi := clopperPearson(tailOutside, n, s.tailConfidence())
	assert.LessOrEqual(t, hi, tailAllowed(4))
	_, hi = clopperPearson(tailOutside, n-1, s.tailConfidence())
	assert.Greater(t, hi, tailAllowed(4))

	widths := []float64{8, 64}
	bound := func(l int, delta float64) float64 { return math.Sqrt((delta + math.Log(9)) / widths[l]) }
	verdicts := func(larger float64, n int) map[Verdict]int {
		found := map[Verdict]int{}
		for seed := range 200 {
			rng := rand.New(rand.NewPCG(uint64(seed), 1))
			half := func(factor float64) (out [][]float64) {
				for _, w := range widths {
					e := make([]float64, n)
					for i := range e {
						e[i] = factor * math.Abs(rng.NormFloat64()) / math.Sqrt(w)
					}
					out = append(out, e)
				}
				return out
			}
			f := &Finding{}
			f.compareTails(s, half(1), half(larger), bound)
			found[f.Verdict]++
		}
		return found
	}
	same, wide, few := verdicts(1, n), verdicts(3, n), verdicts(1, 40)
	t.Log(n, same, wide, few)
	assert.Zero(t, same[Violates])
	assert.Greater(t, same[Better], 150) // two widths, each at most 1/8 undecided
	assert.Greater(t, wide[Violates], 190)
	assert.Zero(t, few[Better], "so few seeds confirm nothing")
}
