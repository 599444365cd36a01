package cli

const hasSignals = false
