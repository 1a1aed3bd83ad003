// Package versions plays roads of a payment with functions of two versions side by side, as they run during a canary: each step is
// taken by a binary of the previous version or of this one, over one table and one queue. run.sh builds both, starts the servers
// of the wire and runs the tests, which have the build tag «versions». The file previous holds the commit of the version
// before this one; it moves on with each release.
package versions
