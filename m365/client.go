package m365

// Client calls the services of one cloud. It stores no secret and no token, and
// is safe for use by several goroutines.
type Client struct {
	wire  *wire
	cloud Cloud
}

// New returns a Client for the cloud. Clients with the same Transport, or
// without one, share their connections.
func New(c Cloud, o Options) *Client {
	return &Client{wire: newWire(o), cloud: c}
}

// Cloud returns the cloud that the Client calls.
func (c *Client) Cloud() Cloud { return c.cloud }
