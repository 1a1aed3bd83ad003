package reconcile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/ledger/reconciling/upload"
)

// planted makes three differences in a register: a payment that the bank lost, an amount that it has otherwise, and a fee.
func (s *stage) planted(lines []string) (register string, names map[string]string) {
	names = map[string]string{}
	var kept []string
	for _, line := range lines {
		cells := strings.Split(line, ";")
		switch {
		case cells[2] != "Оплата" || refunded(s.entries, cells[0]):
		case names["missing_there"] == "":
			names["missing_there"] = cells[0]
			continue
		case names["amount"] == "":
			names["amount"] = cells[0]
			cells[4] = "1,00"
		case names["fee"] == "":
			names["fee"] = cells[0]
			cells[5] = "99,99"
		}
		kept = append(kept, strings.Join(cells, ";"))
	}
	return heading + strings.Join(kept, "") + "Итого;;;;;;;\n", names
}

func refunded(entries []ledger.Entry, reference string) bool {
	for _, e := range entries {
		if e.Reference == reference && e.Kind == ledger.KindRefunded {
			return true
		}
	}
	return false
}

// TestDay is a day of 2,000 operations of five partners against a register with three planted differences.
func TestDay(t *testing.T) {
	t.Parallel()
	s := setup(t)
	random := rand.New(rand.NewPCG(6, 4))
	s.generate(2000, random)
	before := s.sound()
	lines := s.lines(random)
	register, names := s.planted(lines)
	first := s.run(strings.NewReader(register))
	require.Equal(t, 2000, first.Facts)
	require.Equal(t, 1999, first.Matched)
	require.Equal(t, map[string]int{"missing_there": 1, "amount": 1, "fee": 1}, first.Open, "exactly what was planted")
	require.Equal(t, map[string]api.BreakChange{"missing_there": {New: 1}, "amount": {New: 1}, "fee": {New: 1}}, first.Breaks)
	require.Equal(t, 1997, first.Agreed["RUB"].Count)
	require.Equal(t, 1, s.alarms)
	found := s.open()
	require.Len(t, found, 3)
	for _, b := range found {
		require.Equal(t, names[b.Kind], b.Ours.Reference, "it is named")
		delete(names, b.Kind)
	}
	require.Empty(t, names)

	again := s.run(strings.NewReader(register))
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, map[string]api.BreakChange{"missing_there": {Still: 1}, "amount": {Still: 1}, "fee": {Still: 1}}, again.Breaks, "nothing new")
	require.Len(t, s.open(), 3)
	require.Equal(t, 1, s.alarms)
	require.Equal(t, before, s.sound(), "a run moves no money")

	var more int64
	for i, b := range found {
		posting := []string{"forgive", "suspend"}[i%2]
		body := fmt.Sprintf(`{"mode":"test","note":"the bank is right","posting":%q}`, posting)
		for range 2 {
			got := read[api.Break](t, s.do("POST", "/api/v1/admin/break/"+b.ID.String()+"/resolve", "application/json", strings.NewReader(body)))
			require.Equal(t, "resolved", got.State)
		}
		more += b.Owed.Amount
	}
	after := s.sound()
	clearing := ledger.Clearing(account)
	require.Equal(t, before[clearing]-more, after[clearing])
	theirs := first.Theirs["RUB"]
	require.Equal(t, theirs.Refunds+theirs.Fees-theirs.Payments, after[clearing], "the bank owes what its register says, to the unit")
	require.Equal(t, more, after[ledger.WriteOff]+after[ledger.Suspense], "and the difference stands where it was put")
	require.NotZero(t, after[ledger.WriteOff])
	require.NotZero(t, after[ledger.Suspense])
	require.Empty(t, s.open())
	last := s.run(strings.NewReader(register))
	require.Equal(t, map[string]api.BreakChange{"missing_there": {Still: 1}, "amount": {Still: 1}, "fee": {Still: 1}}, last.Breaks)
	require.Empty(t, s.open(), "what is resolved stays resolved")

	whole := s.run(strings.NewReader(heading + strings.Join(lines, "")))
	require.Equal(t, whole.Ours, whole.Theirs, "registers and ledger have the same totals")
	require.Equal(t, whole.Ours, whole.Agreed)
	s.sound()
}

// cut is a connection that breaks after n bytes.
type cut struct {
	from io.Reader
	n    int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, errors.New("connection reset")
	}
	n, err := c.from.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

// TestBrokenOnItsWay breaks the connection everywhere in a register, and the file itself: nothing is kept of half a register that
// can be known to be one, and the whole register puts everything right.
func TestBrokenOnItsWay(t *testing.T) {
	t.Parallel()
	s := setup(t)
	random := rand.New(rand.NewPCG(1, 2))
	s.generate(12, random)
	register := heading + strings.Join(s.lines(random), "") + "Итого;;;;;;;\n"
	for n := 0; n < len(register); n += 11 {
		s.count.Reset()
		require.Equal(t, 400, s.upload(&cut{strings.NewReader(register), n}).Code)
		require.Zero(t, s.count.Snapshot().Total.RowsWritten)
	}
	for n := 0; n < len(register); n += 29 {
		s.count.Reset()
		if code := s.upload(strings.NewReader(register[:n])).Code; code != 200 {
			require.Equal(t, 422, code)
			require.Zero(t, s.count.Snapshot().Total.RowsWritten)
		}
		whole := s.run(strings.NewReader(register))
		require.Equal(t, 12, whole.Matched)
		require.Empty(t, s.open(), "what seemed to be missing has vanished")
	}
	s.sound()
}

// growing is a register of n lines that is made as it is read. It watches the memory meanwhile.
type growing struct {
	buffer  bytes.Buffer
	n, made int
	known   []string // lines that the ledger knows
	peak    uint64
}

func (g *growing) Read(p []byte) (int, error) {
	for g.buffer.Len() < len(p) && g.made < g.n {
		if g.made < len(g.known) {
			g.buffer.WriteString(g.known[g.made])
		} else {
			fmt.Fprintf(&g.buffer, "declined%d;%d;Оплата;Отклонена;1 500,00;0,00;RUB;21.11.2026 12:00:00\n", g.made, 9_000_000+g.made)
		}
		if g.made++; g.made%10_000 == 0 {
			g.peak = max(g.peak, heap())
		}
	}
	return g.buffer.Read(p)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestLargeRegister reads 200,000 lines with a heap that does not grow with them.
func TestLargeRegister(t *testing.T) {
	const lines, bound = 200_000, 64 << 20
	s := setup(t)
	random := rand.New(rand.NewPCG(3, 3))
	s.generate(500, random)
	g := &growing{n: lines + 1, known: append([]string{heading}, s.lines(random)...)}
	before := heap()
	got := s.run(g)
	require.Equal(t, lines, got.Register.Accepted)
	require.Equal(t, 500, got.Matched)
	require.Equal(t, lines-500, got.Ignored, "what the bank declined is no break")
	require.Empty(t, got.Open)
	require.Less(t, max(g.peak, before)-before, uint64(bound), "bytes")
}

// TestCommand sends a file as an operator does.
func TestCommand(t *testing.T) {
	t.Parallel()
	s := setup(t)
	random := rand.New(rand.NewPCG(5, 5))
	s.generate(30, random)
	register, _ := s.planted(s.lines(random))
	at := httptest.NewServer(s)
	defer at.Close()
	path := filepath.Join(t.TempDir(), "day.csv")
	require.NoError(t, os.WriteFile(path, []byte(register), 0o600))
	var out bytes.Buffer
	args := []string{"-mode", "test", "-account", account.String(), "-from", "2026-11-21", "-to", "2026-11-22", "-grace-hours", "0", path}
	require.NoError(t, upload.Command(t.Context(), args, at.URL, operator, &out))
	require.Contains(t, out.String(), `"missing_there": 1`)
	require.ErrorContains(t, upload.Command(t.Context(), args, at.URL, "gb_ops_stranger", &out), "invalid_token")
	args[3] = "x"
	require.ErrorContains(t, upload.Command(t.Context(), args, at.URL, operator, &out), "validation_failed")
}
