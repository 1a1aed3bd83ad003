package store

import (
	"context"
	"fmt"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
)

// maxOpenRefunds bounds the reading of a list of open refunds: more than banks leave undone in a bad hour.
const maxOpenRefunds = 10_000

// OpenRefunds names the refunds of a partner to which something is still owed, those that wait for a second operator
// included. One that failed, or was posted, may be among them until the sweeper lets it go; and an index may be behind its
// table, so that one of the last moment is missing. Two round trips as a rule.
func (s *Store) OpenRefunds(ctx context.Context, m ids.Mode, partner ids.ID) (refunds []ids.ID, err error) {
	mine, err := s.openRefunds(ctx, table.Query{Index: table.First, PK: openRefundsPK(m, partner), Limit: table.MaxPageRows}, "")
	if err != nil {
		return nil, err
	}
	// What waits for people is a short list of all partners.
	waiting, err := s.openRefunds(ctx, table.Query{Index: table.First, PK: approvalsPK(m), Limit: table.MaxPageRows}, "#"+partner.String())
	return append(mine, waiting...), err
}

// openRefunds reads a list to its end, and names those whose place has this ending.
func (s *Store) openRefunds(ctx context.Context, q table.Query, ending string) (refunds []ids.ID, err error) {
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			_, order, ok := collectionOf(row.Key.PK)
			refund, known := childAt(order, row.Key.SK)
			if ok && known && strings.HasSuffix(row.First.SK, ending) {
				refunds = append(refunds, refund)
			}
		}
		if len(refunds) > maxOpenRefunds {
			return nil, fault.Internal(fmt.Errorf("store: the list %s has more than %d open refunds", q.PK, maxOpenRefunds))
		}
		if q.After = page.More; q.After == nil {
			return refunds, nil
		}
	}
}
