package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteWebhookEndpoint(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.made(t, 1)
	const template = endpoints + "/{id}"
	for _, other := range []string{rival, shopLive} {
		refused(t, w, remove(endpointPath(e.UUID)).by(other), 404, template, "webhook_endpoint_not_found")
	}
	refused(t, w, remove(endpoints+"/"+nobody), 404, template, "webhook_endpoint_not_found")
	refused(t, w, remove(endpoints+"/x"), 422, template, "validation_failed")
	done := w.trips(t, 1, remove(endpointPath(e.UUID)))
	require.Equal(t, 204, done.Code)
	require.Empty(t, done.Body.String())
	refused(t, w, remove(endpointPath(e.UUID)), 404, template, "webhook_endpoint_not_found")
	require.Empty(t, read[endpointList](t, w.do(get(endpoints)), 200).Items)
}
