package platform

import (
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"
	"go4.org/netipx"
)

// database writes a small GeoIP database: 203.0.113.0/24 is Kazakhstan.
func database(t *testing.T) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", RecordSize: 24, IncludeReservedNetworks: true})
	require.NoError(t, err)
	network := netipx.PrefixIPNet(netip.MustParsePrefix("203.0.113.0/24"))
	require.NoError(t, tree.Insert(network, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("KZ")}}))
	path := filepath.Join(t.TempDir(), "country.mmdb")
	out, err := os.Create(path)
	require.NoError(t, err)
	_, err = tree.WriteTo(out)
	require.NoError(t, err)
	require.NoError(t, out.Close())
	return path
}

func TestCountry(t *testing.T) {
	t.Parallel()
	known, err := openCountry(database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, known.close()) })
	none, err := openCountry("")
	require.NoError(t, err)

	for name, c := range map[string]struct {
		from                 country
		remote, header, want string
	}{
		"FromTheDatabase":    {known, "203.0.113.9:4711", "", "KZ"},
		"HeaderComesFirst":   {known, "203.0.113.9:4711", "ru", "RU"},
		"UnknownAddress":     {known, "198.51.100.1:4711", "", ""},
		"NoDatabase":         {none, "203.0.113.9:4711", "", ""},
		"NonsenseHeader":     {known, "203.0.113.9:4711", "Kazakhstan", ""},
		"NonsenseAddress":    {known, "pipe", "", ""},
		"AddressInsideOfSix": {known, "[::ffff:203.0.113.9]:4711", "", "KZ"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			if c.header != "" {
				r.Header.Set("CloudFront-Viewer-Country", c.header)
			}
			require.Equal(t, c.want, c.from.of(r))
		})
	}

	t.Run("ErrNoSuchFile", func(t *testing.T) {
		t.Parallel()
		_, err := openCountry(filepath.Join(t.TempDir(), "none.mmdb"))
		require.ErrorContains(t, err, "GeoIP")
	})
}
