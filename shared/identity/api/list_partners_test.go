package api_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListPartners(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var made []string
	for range 5 {
		made = append(made, w.partner())
		w.clock.Advance(time.Second)
	}
	var seen []string
	cursor := ""
	for range 4 {
		page := w.call("GET", "/partners?limit=2&cursor="+url.QueryEscape(cursor), "").ok(200)
		for _, item := range page["items"].([]any) {
			seen = append(seen, item.(map[string]any)["id"].(string))
		}
		cursor, _ = page["next_cursor"].(string)
		if cursor == "" {
			break
		}
	}
	require.Equal(t, []string{made[4], made[3], made[2], made[1], made[0]}, seen)

	first := w.call("GET", "/partners?limit=2", "").ok(200)["next_cursor"].(string)
	w.call("GET", "/operators?cursor="+first, "").refused(422, "invalid_cursor")
	w.call("GET", "/partners?cursor=x"+first, "").refused(422, "invalid_cursor")
	w.call("GET", "/partners?limit=0", "").refused(422, "validation_failed")
}
