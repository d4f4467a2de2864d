import { DropdownMenu } from 'radix-ui'
import type { MenuProps } from './menu'

/** The menu itself, which is open from its first moment: it is loaded because somebody asked for it. */
export default function MenuList({ trigger, groups }: MenuProps) {
  return (
    <DropdownMenu.Root defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="appear z-50 max-h-96 min-w-52 overflow-y-auto rounded-card border bg-surface p-1 shadow-lg"
        >
          {groups
            .filter((group) => group.items.length > 0)
            .map((group, index) => (
              <DropdownMenu.Group key={group.label ?? group.items[0]?.id}>
                {index > 0 && <DropdownMenu.Separator className="my-1 h-px bg-line" />}
                {group.label && (
                  <DropdownMenu.Label className="px-2.5 py-1.5 text-sm text-fg-muted">{group.label}</DropdownMenu.Label>
                )}
                {group.items.map((item) => (
                  <DropdownMenu.Item
                    key={item.id}
                    disabled={item.disabled}
                    onSelect={item.onSelect}
                    className={`flex min-h-11 cursor-pointer items-center gap-2 rounded-control px-2.5 outline-none data-disabled:opacity-50 data-highlighted:bg-surface-2 md:min-h-9 ${item.danger ? 'text-danger' : ''}`}
                  >
                    {item.icon}
                    {item.label}
                  </DropdownMenu.Item>
                ))}
              </DropdownMenu.Group>
            ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
