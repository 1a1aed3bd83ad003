package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func tillNotice(body string) call {
	return post("/api/atol/notifications", body).by("-")
}

// TestNotifyATOL: nobody signs what the fiscal service posts, so nothing that it says is believed.
func TestNotifyATOL(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"OfNothingOfOurs": "A-1047", "Empty": "", "OfAnOrderThatIsNotThere": "t-0f8fad5b-d9cb-869f-a165-708677280301"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.changesNothing(t, func() {
				a := w.do(tillNotice(`{"uuid":"4f8f4bd8-2f2b-4a46-a3a1-3e9f6f7a1c11","status":"done","external_id":"` + id + `"}`))
				require.Equal(t, 200, a.Code, a.Body.String())
			})
		})
	}
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrNotJSON":  {`{`, 400, "malformed_body"},
		"ErrNoBody":   {``, 400, "malformed_body"},
		"ErrTooLarge": {`{"uuid":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w.do(tillNotice(c.body)), c.status, c.code)
			require.Zero(t, w.table.Snapshot().Total.Trips)
		})
	}
}
