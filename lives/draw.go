package lives

// draw judges how a screen is drawn.
func (l *life) draw(any) {}
