package memory_test

import (
	"testing"
	"time"

	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/queue/queuetest"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/tabletest"
)

func TestTable(t *testing.T) {
	t.Parallel()
	t.Run("Conformance", func(t *testing.T) {
		t.Parallel()
		tabletest.Conformance(t, func(*testing.T) table.Table { return memory.NewTable() })
	})
	t.Run("Feed", func(t *testing.T) {
		t.Parallel()
		tabletest.Feed(t, func(*testing.T) tabletest.Fed { return memory.NewTable() })
	})
}

func TestQueue(t *testing.T) {
	t.Parallel()
	queuetest.Conformance(t, func(*testing.T) queuetest.Subject {
		c := clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		q := memory.NewQueue(c)
		return queuetest.Subject{Queue: q, Graveyard: q, Advance: c.Advance}
	})
}
