package identity

// ValidTaxNumber reports whether a tax number is one of its country. Russian INN and Kazakh BIN and IIN carry check digits;
// of other countries only the form is checked.
func ValidTaxNumber(country, number string) bool {
	switch country {
	case "RU":
		return validINN(number)
	case "KZ":
		return validBIN(number)
	}
	return taxNumber().MatchString(number)
}

// The weights of the check digits (order of the Federal Tax Service; Kazakhstan: government resolution No 406, both passes).
var (
	inn10  = []int{2, 4, 10, 3, 5, 9, 4, 6, 8}
	inn11  = []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	inn12  = []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	first  = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	second = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2}
)

func validINN(number string) bool {
	d, ok := digitsOf(number)
	if !ok || allZero(d) {
		return false
	}
	switch len(d) {
	case 10:
		return weighed(d, inn10)%10 == d[9]
	case 12:
		return weighed(d, inn11)%10 == d[10] && weighed(d, inn12)%10 == d[11]
	}
	return false
}

func validBIN(number string) bool {
	d, ok := digitsOf(number)
	if !ok || len(d) != 12 || allZero(d) {
		return false
	}
	check := weighed(d, first)
	if check == 10 { // such a number is weighed a second time; a second 10 is never issued
		check = weighed(d, second)
	}
	return check == d[11]
}

// weighed is the sum of digits by their weights, modulo 11.
func weighed(digits, weights []int) (sum int) {
	for i, w := range weights {
		sum += digits[i] * w
	}
	return sum % 11
}

func digitsOf(text string) ([]int, bool) {
	if len(text) > 12 {
		return nil, false
	}
	out := make([]int, len(text))
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return nil, false
		}
		out[i] = int(text[i] - '0')
	}
	return out, true
}

func allZero(digits []int) bool {
	for _, d := range digits {
		if d != 0 {
			return false
		}
	}
	return true
}
