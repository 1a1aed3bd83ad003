package web

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"Table": table.ErrUnavailable, "ThrottledTable": table.ErrThrottled, "Queue": queue.ErrUnavailable} {
		t.Run(name+"IsSilentForAWhile", func(t *testing.T) {
			t.Parallel()
			p := refuse(t.Context(), fmt.Errorf("store: %w", err))
			require.Equal(t, http.StatusServiceUnavailable, p.Status)
			require.Equal(t, "unavailable", p.Code)
			require.EqualValues(t, 1, p.RetryAfter)
		})
	}
	t.Run("ItsOwnWordStays", func(t *testing.T) {
		t.Parallel()
		busy := fault.Conflict("payment_in_progress", "Wait.").Because(table.ErrUnavailable)
		require.Equal(t, "payment_in_progress", refuse(t.Context(), busy).Code)
	})
	t.Run("WhatNobodyKnowsIsInternal", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "internal", refuse(t.Context(), errors.New("the pool is empty")).Code)
	})
}
