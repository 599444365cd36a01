package m365

// Client makes calls to one cloud. It keeps no secret and no token, and may be
// used from several goroutines.
type Client struct {
	wire  *wire
	cloud Cloud
}

// New returns a Client for the cloud. Clients with the same Transport, or
// without one, share their connections.
func New(c Cloud, o Options) *Client {
	return &Client{wire: newWire(o), cloud: c}
}

// Cloud returns the cloud that the Client asks.
func (c *Client) Cloud() Cloud { return c.cloud }
