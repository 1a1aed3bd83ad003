package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
)

func TestRotateWebhookSecret(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.made(t, 1)
	const template = endpoints + "/{id}/rotate"
	rotate := post(endpointPath(e.UUID)+"/rotate", "")
	refused(t, w, rotate.by(rival), 404, template, "webhook_endpoint_not_found")
	refused(t, w, rotate.by(shopLive), 404, template, "webhook_endpoint_not_found")
	got := read[api.RotatedSecret](t, w.trips(t, 2, rotate), 200)
	require.NotEqual(t, e.Secret, got.Secret)
	require.Equal(t, "2026-03-03T09:00:00.000Z", got.PreviousValidUntil)
	refused(t, w, rotate, 409, template, "rotation_in_progress")
	w.clock.Advance(notify.RotationOverlap)
	require.NotEqual(t, got.Secret, read[api.RotatedSecret](t, w.do(rotate), 200).Secret)
	require.NotContains(t, w.log.String(), "whsec_")
}
