package reconcile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconciling/api"
)

// TestBooksFollowTheRegister holds the law of corrections: however a register differs from the ledger, once every break is resolved
// by a posting, the bank owes us what its register says, and all sums are zero.
func TestBooksFollowTheRegister(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := setup(t)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		s.generate(rapid.IntRange(1, 30).Draw(r, "operations"), random)
		var kept []string
		for i, line := range s.lines(random) {
			cells := strings.Split(line, ";")
			switch rapid.IntRange(0, 9).Draw(r, fmt.Sprint("difference ", i)) {
			case 0: // the bank lost it
				continue
			case 1:
				cells[4] = rouble(rapid.Int64Range(1, 10_000_000).Draw(r, "amount"))
			case 2:
				cells[5] = rouble(rapid.Int64Range(-1_000, 1_000).Draw(r, "fee"))
			case 3: // the ledger lost it
				cells[0] = fmt.Sprintf("unknown%d", i)
			case 4:
				cells[3] = "Отклонена"
			}
			kept = append(kept, strings.Join(cells, ";"))
		}
		first := s.run(strings.NewReader(heading + strings.Join(kept, "")))
		for len(s.open()) > 0 {
			for _, b := range s.open() {
				posting := rapid.SampledFrom([]string{"forgive", "suspend"}).Draw(r, "posting")
				if b.Owed.Amount == 0 {
					posting = "none"
				}
				partner := ""
				if b.Ours == nil {
					partner = `,"partner_id":"` + s.partners[0].String() + `"`
				}
				body := fmt.Sprintf(`{"mode":"test","note":"the bank is right","posting":%q%s}`, posting, partner)
				read[api.Break](s.t, s.do("POST", "/api/v1/admin/break/"+b.ID.String()+"/resolve", "application/json", strings.NewReader(body)))
			}
		}
		theirs := first.Theirs["RUB"]
		require.Equal(r, theirs.Refunds+theirs.Fees-theirs.Payments, s.sound()[ledger.Clearing(account)])
	})
}
