package platform

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// country is the payer's country, a hint and never an authority: the content delivery network's header, else a database
// in MaxMind's format where one is configured. "" is unknown.
type country struct{ places *maxminddb.Reader }

// openCountry opens the database at path; "" is none.
func openCountry(path string) (country, error) {
	if path == "" {
		return country{}, nil
	}
	places, err := maxminddb.Open(path)
	if err != nil {
		return country{}, fmt.Errorf("platform: the GeoIP database %s: %w", path, err)
	}
	return country{places}, nil
}

func (c country) close() error {
	if c.places == nil {
		return nil
	}
	return c.places.Close()
}

// of gives two capital letters of ISO 3166-1, or "".
func (c country) of(r *http.Request) string {
	code := r.Header.Get("CloudFront-Viewer-Country")
	if code == "" {
		code = c.lookup(r.RemoteAddr)
	}
	if len(code) != 2 {
		return ""
	}
	return strings.ToUpper(code)
}

func (c country) lookup(remote string) (code string) {
	at, err := netip.ParseAddrPort(remote)
	if err != nil || c.places == nil {
		return ""
	}
	if c.places.Lookup(at.Addr().Unmap()).DecodePath(&code, "country", "iso_code") != nil {
		return ""
	}
	return code
}
