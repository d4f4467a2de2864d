// @vitest-environment node
import { expect, it } from 'vitest'
import { badDays, hoursOf, wireOf } from './hours'

const wire = {
  mon: [
    ['08:00', '12:00'],
    ['13:00', '18:00'],
  ],
  tue: [],
  wed: [],
  thu: [],
  fri: [],
  sat: [],
  sun: [],
}

it('goes there and back', () => {
  expect(wireOf(hoursOf(wire))).toEqual(wire)
})

it('reads an empty week as always open, and writes it so', () => {
  const hours = hoursOf({})
  expect(hours.always).toBe(true)
  expect(wireOf(hours)).toEqual({})
})

it('reads a missing or broken day as closed', () => {
  expect(hoursOf({ mon: [['08:00', '18:00']], tue: 'x', wed: [['8', 9]] }).week).toMatchObject({
    tue: [],
    wed: [],
    sun: [],
  })
})

it('finds ranges that end before they start or overlap', () => {
  const hours = hoursOf({
    mon: [['18:00', '08:00']],
    tue: [
      ['08:00', '12:00'],
      ['11:00', '18:00'],
    ],
    wed: [
      ['08:00', '12:00'],
      ['12:00', '18:00'],
    ],
  })
  expect(badDays(hours)).toEqual(['mon', 'tue'])
  expect(badDays({ ...hours, always: true })).toEqual([])
})
