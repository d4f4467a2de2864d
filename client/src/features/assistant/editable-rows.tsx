import { Plus, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'

interface Props<Row> {
  legend: string
  rows: readonly Row[]
  onChange: (rows: Row[]) => void
  least: number
  most: number
  /** A row as it begins. */
  fresh: Row
  columns: string
  add: string
  remove: (number: number) => string
  children: (row: Row, number: number, put: (part: Partial<Row>) => void) => ReactNode
}

/** Rows that are edited in place, added at the end, and taken out. */
export function EditableRows<Row>({
  legend,
  rows,
  onChange,
  least,
  most,
  fresh,
  columns,
  add,
  remove,
  children,
}: Props<Row>) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">{legend}</legend>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no id, and keep their places while they are edited
        <div key={index} className={cn('grid grid-cols-[1fr_auto] gap-2', columns)}>
          {children(row, index + 1, (part) =>
            onChange(rows.map((each, at) => (at === index ? { ...each, ...part } : each))),
          )}
          <IconButton
            label={remove(index + 1)}
            disabled={rows.length === least}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        variant="ghost"
        size="sm"
        className="self-start"
        disabled={rows.length >= most}
        onClick={() => onChange([...rows, fresh])}
      >
        <Plus size={16} aria-hidden />
        {add}
      </Button>
    </fieldset>
  )
}
