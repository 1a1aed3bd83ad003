package tabletest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

var atOnceFacts = []fact{
	{"NoIncrementIsLost", func(s *subject) {
		const writers = 64
		s.together(writers, func(int) error {
			for range 40 * writers {
				row, _, err := s.table.Get(s.ctx(), s.key("n"))
				if err != nil {
					return err
				}
				ver := row.Attrs["ver"].Number()
				err = s.table.Write(s.ctx(), table.Update(s.key("n")).Set("sum1", table.N(row.Attrs["sum1"].Number()+3)).
					Set("ver", table.N(ver+1)).If(table.Version(ver)))
				if err == nil {
					return nil
				}
				if !table.IsRefused(err) && !errors.Is(err, table.ErrConflict) {
					return err
				}
			}
			return errors.New("never its turn")
		})
		s.is(table.Row{Key: s.key("n"), Attrs: table.Attrs{"ver": table.N(writers), "sum1": table.N(3 * writers)}})
	}},
	{"NoAdditionIsLost", func(s *subject) {
		s.together(64, func(i int) error {
			return s.table.Write(s.ctx(), table.Update(s.key("n")).Add("sum1", int64(i)))
		})
		require.Equal(s.t, int64(64*63/2), s.get(s.key("n")).Attrs["sum1"].Number())
	}},
	{"OneOfManyCreates", func(s *subject) {
		var mu sync.Mutex
		made, refused := 0, 0
		s.together(64, func(i int) error {
			err := s.table.Write(s.ctx(), table.Put(table.Row{Key: s.key("n"), Attrs: table.Attrs{"num": table.N(int64(i))}}).If(table.Absent))
			mu.Lock()
			defer mu.Unlock()
			if table.IsRefused(err) {
				refused++
				return nil
			}
			made++
			return err
		})
		require.Equal(s.t, 1, made)
		require.Equal(s.t, 63, refused)
	}},
	{"TransfersKeepTheSum", func(s *subject) {
		for i := range 4 {
			s.write(table.Put(table.Row{Key: s.key(fmt.Sprint(i)), Attrs: table.Attrs{"sum1": table.N(100)}}))
		}
		s.together(48, func(i int) error {
			from, to := s.key(fmt.Sprint(i%4)), s.key(fmt.Sprint((i+1+i%3)%4))
			for range 1000 {
				err := s.table.Write(s.ctx(), table.Update(from).Add("sum1", -15).If(table.AtLeast("sum1", 15)), table.Update(to).Add("sum1", 15))
				if err == nil || table.IsRefused(err) {
					return nil
				}
				if !errors.Is(err, table.ErrConflict) {
					return err
				}
			}
			return errors.New("never its turn")
		})
		var sum int64
		for i := range 4 {
			n := s.get(s.key(fmt.Sprint(i))).Attrs["sum1"].Number()
			require.GreaterOrEqual(s.t, n, int64(0))
			sum += n
		}
		require.Equal(s.t, int64(400), sum)
	}},
}

// together runs n writers at once and checks that none failed.
func (s *subject) together(n int, write func(i int) error) {
	s.t.Helper()
	var wg sync.WaitGroup
	failures := make([]error, n)
	for i := range n {
		wg.Go(func() { failures[i] = write(i) })
	}
	wg.Wait()
	require.NoError(s.t, errors.Join(failures...))
}
