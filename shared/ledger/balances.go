package ledger

import (
	"maps"
	"math/big"

	"giberno.ru/shared/core/money"
)

// Balances are amounts by account, in minor units. An account that is not there stands at zero.
type Balances map[Account]int64

// Post adds the postings. It changes nothing and fails with money.ErrOverflow if a balance would leave int64.
func (b Balances) Post(postings ...Posting) error {
	changed := Balances{}
	move := func(account Account, amount int64) (err error) {
		now, touched := changed[account]
		if !touched {
			now = b[account]
		}
		changed[account], err = plus(now, amount)
		return err
	}
	for _, p := range postings {
		if err := move(p.From, -p.Amount); err != nil {
			return err
		}
		if err := move(p.To, p.Amount); err != nil {
			return err
		}
	}
	maps.Copy(b, changed)
	b.tidy()
	return nil
}

// Add adds other balances. It changes nothing and fails with money.ErrOverflow if one would leave int64.
func (b Balances) Add(other Balances) error {
	changed := Balances{}
	for account, amount := range other {
		sum, err := plus(b[account], amount)
		if err != nil {
			return err
		}
		changed[account] = sum
	}
	maps.Copy(b, changed)
	b.tidy()
	return nil
}

// tidy drops accounts that stand at zero, so that equal balances are equal maps.
func (b Balances) tidy() {
	maps.DeleteFunc(b, func(_ Account, amount int64) bool { return amount == 0 })
}

// Balanced reports whether the sum over all accounts is zero, as it always must be.
func (b Balances) Balanced() bool {
	sum, one := new(big.Int), new(big.Int)
	for _, amount := range b {
		sum.Add(sum, one.SetInt64(amount))
	}
	return sum.Sign() == 0
}

// InBook sums the balances as a book counts them (Account.InBook).
func (b Balances) InBook() (Balances, error) {
	sums := Balances{}
	for account, amount := range b {
		if err := sums.Add(Balances{account.InBook(): amount}); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// Posted is what we owe the partner, on its way or not: payable and reserved.
func (b Balances) Posted() (int64, error) { return plus(b[Payable], b[Reserved]) }

func plus(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) {
		return 0, money.ErrOverflow
	}
	return sum, nil
}
