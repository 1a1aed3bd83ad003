package jobs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/faulty"
)

// TestBooksSideBySide: a batch that is mixed of many partners is written as if one after the other, also while writes fail.
func TestBooksSideBySide(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Aside = 8
	w.table.SetPlan(func(c faulty.Call) faulty.Fault { // every fifth call, lost before or after it happened
		return map[int]faulty.Fault{0: faulty.ErrorBefore, 5: faulty.ErrorAfter}[c.N%10]
	})
	var list []queue.Job
	for n := range 90 {
		list = append(list, job(payment(fmt.Sprint("partner ", n%30), n)))
	}
	w.send(list...)
	w.drain()
	w.table.SetPlan(nil)
	w.drain()
	for n := range 30 {
		require.Equal(t, int64(3*146_250), w.payable(fmt.Sprint("partner ", n)))
	}
	require.Equal(t, 90, w.sound())
}
