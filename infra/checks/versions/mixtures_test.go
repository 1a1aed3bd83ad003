//go:build versions

package versions

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// version is which of the two a binary was built from.
type version string

const (
	older version = "older"
	newer version = "newer"
)

var both = []version{older, newer}

func (v version) other() version {
	if v == older {
		return newer
	}
	return older
}

// mixture says who takes each step of a road.
type mixture map[string]version

// name lists the steps in their order with their versions.
func (m mixture) name(steps []string) string {
	var words []string
	for _, step := range steps {
		words = append(words, step+"="+string(m[step]))
	}
	return strings.Join(words, ",")
}

// everyMixture lists all 2^n mixtures.
func everyMixture(steps []string) (all []mixture) {
	for code := range 1 << len(steps) {
		all = append(all, mix(steps, func(i int) bool { return code>>i&1 == 1 }))
	}
	return all
}

// everyTriple lists few mixtures in which any three steps, and so any two, meet in every way: of many drawn by a seed it takes
// the one that brings most meetings which have not been, until all have.
func everyTriple(steps []string) []mixture {
	const draws = 50
	chance := rand.New(rand.NewPCG(15, 4))
	all := []mixture{mix(steps, func(int) bool { return false }), mix(steps, func(int) bool { return true })}
	met := map[meeting]bool{}
	for _, m := range all {
		maps.Copy(met, meetings(steps, m))
	}
	for n := len(steps); len(met) < 8*n*(n-1)*(n-2)/6; {
		var best mixture
		var most int
		for range draws {
			code := chance.Uint64()
			m := mix(steps, func(i int) bool { return code>>i&1 == 1 })
			fresh := 0
			for x := range meetings(steps, m) {
				if !met[x] {
					fresh++
				}
			}
			if fresh > most {
				best, most = m, fresh
			}
		}
		if best != nil {
			all = append(all, best)
			maps.Copy(met, meetings(steps, best))
		}
	}
	return all
}

// meeting is three steps with the versions that take them.
type meeting struct {
	steps    [3]int
	versions [3]version
}

func meetings(steps []string, m mixture) map[meeting]bool {
	all := map[meeting]bool{}
	for i := range steps {
		for j := range i {
			for k := range j {
				all[meeting{[3]int{i, j, k}, [3]version{m[steps[i]], m[steps[j]], m[steps[k]]}}] = true
			}
		}
	}
	return all
}

func mix(steps []string, isNewer func(i int) bool) mixture {
	m := mixture{}
	for i, step := range steps {
		m[step] = older
		if isNewer(i) {
			m[step] = newer
		}
	}
	return m
}

func TestMixtures(t *testing.T) {
	t.Parallel()
	for n := 3; n <= 12; n++ {
		var steps []string
		for i := range n {
			steps = append(steps, fmt.Sprint(i))
		}
		require.Len(t, everyMixture(steps), 1<<n)
		few := everyTriple(steps)
		require.LessOrEqual(t, len(few), 32)
		met := map[[4]any]bool{}
		for _, m := range few {
			for i := range n {
				for j := range i {
					met[[4]any{i, j, m[steps[i]], m[steps[j]]}] = true
				}
			}
		}
		require.Len(t, met, 4*n*(n-1)/2, "every pair of %d steps, in all four ways", n)
	}
}
