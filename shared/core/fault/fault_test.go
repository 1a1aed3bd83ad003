package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
)

func TestFault(t *testing.T) {
	t.Parallel()
	paid := fault.Conflict("order_already_paid", "The order is paid.")
	t.Run("CopiesLeaveTheOriginalAlone", func(t *testing.T) {
		t.Parallel()
		changed := paid.After(time.Minute).Because(io.EOF).At("body.a", "x").At("body.b", "y")
		require.Equal(t, time.Minute, changed.RetryAfter)
		require.Equal(t, []fault.Field{{"body.a", "x"}, {"body.b", "y"}}, changed.Fields)
		require.ErrorIs(t, changed, io.EOF)
		require.Zero(t, paid.RetryAfter)
		require.NoError(t, paid.Cause)
		require.Empty(t, paid.Fields)
		first := paid.At("a", "1")
		_ = first.At("b", "2")
		third := first.At("c", "3")
		require.Equal(t, []fault.Field{{"a", "1"}, {"c", "3"}}, third.Fields)
	})
	t.Run("TheSameCodeIsTheSameFault", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, fmt.Errorf("wrapped: %w", paid.Because(io.EOF)), paid)
		require.NotErrorIs(t, paid, fault.Invalid("order_already_paid", "The order is paid."))
		require.NotErrorIs(t, paid, fault.Conflict("order_expired", ""))
	})
	t.Run("As", func(t *testing.T) {
		t.Parallel()
		require.Nil(t, fault.As(nil))
		require.Same(t, paid, fault.As(fmt.Errorf("wrapped: %w", paid)))
		stranger := errors.New("disk on fire")
		internal := fault.As(stranger)
		require.Equal(t, fault.KindInternal, internal.Kind)
		require.ErrorIs(t, internal, stranger)
		require.NotContains(t, internal.Message, "disk", "what went wrong inside stays inside")
	})
	t.Run("Code", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, fault.Code(nil))
		require.Equal(t, "internal", fault.Code(io.EOF))
		require.Equal(t, "order_already_paid", fault.Code(paid))
	})
	t.Run("EveryKindHasItsMaker", func(t *testing.T) {
		t.Parallel()
		for kind, made := range map[fault.Kind]*fault.Fault{
			fault.KindInvalid: fault.Invalid("c", "m"), fault.KindMalformed: fault.Malformed("c", "m"),
			fault.KindUnauthorized: fault.Unauthorized("c", "m"), fault.KindForbidden: fault.Forbidden("c", "m"),
			fault.KindNotFound: fault.NotFound("c", "m"), fault.KindConflict: fault.Conflict("c", "m"),
			fault.KindUnavailable: fault.Unavailable("c", "m"), fault.KindBankUnavailable: fault.BankUnavailable("c", "m"),
		} {
			require.Equal(t, kind, made.Kind)
			require.Equal(t, "c: m", made.Error())
		}
		require.Equal(t, []fault.Field{{"body.x", "is wrong"}}, fault.Validation(fault.Field{Location: "body.x", Message: "is wrong"}).Fields)
		require.Equal(t, "c: m: EOF", fault.Invalid("c", "m").Because(io.EOF).Error())
	})
}
