package main

const hasSignals = false
