import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from './heliu/v1/Ack.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from './heliu/v1/Message.ts';
import type { Receipt as _heliu_v1_Receipt, Receipt__Output as _heliu_v1_Receipt__Output } from './heliu/v1/Receipt.ts';
import type { ReceiptsRequest as _heliu_v1_ReceiptsRequest, ReceiptsRequest__Output as _heliu_v1_ReceiptsRequest__Output } from './heliu/v1/ReceiptsRequest.ts';
import type { SettlementClient as _heliu_v1_SettlementClient, SettlementDefinition as _heliu_v1_SettlementDefinition } from './heliu/v1/Settlement.ts';
import type { TreeEntry as _heliu_v1_TreeEntry, TreeEntry__Output as _heliu_v1_TreeEntry__Output } from './heliu/v1/TreeEntry.ts';
import type { TreeNode as _heliu_v1_TreeNode, TreeNode__Output as _heliu_v1_TreeNode__Output } from './heliu/v1/TreeNode.ts';
import type { TreeNodeAnswer as _heliu_v1_TreeNodeAnswer, TreeNodeAnswer__Output as _heliu_v1_TreeNodeAnswer__Output } from './heliu/v1/TreeNodeAnswer.ts';
import type { TreeNodeRequest as _heliu_v1_TreeNodeRequest, TreeNodeRequest__Output as _heliu_v1_TreeNodeRequest__Output } from './heliu/v1/TreeNodeRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Ack: MessageTypeDefinition<_heliu_v1_Ack, _heliu_v1_Ack__Output>
      Message: MessageTypeDefinition<_heliu_v1_Message, _heliu_v1_Message__Output>
      Receipt: MessageTypeDefinition<_heliu_v1_Receipt, _heliu_v1_Receipt__Output>
      ReceiptsRequest: MessageTypeDefinition<_heliu_v1_ReceiptsRequest, _heliu_v1_ReceiptsRequest__Output>
      Settlement: SubtypeConstructor<typeof grpc.Client, _heliu_v1_SettlementClient> & { service: _heliu_v1_SettlementDefinition }
      TreeEntry: MessageTypeDefinition<_heliu_v1_TreeEntry, _heliu_v1_TreeEntry__Output>
      TreeNode: MessageTypeDefinition<_heliu_v1_TreeNode, _heliu_v1_TreeNode__Output>
      TreeNodeAnswer: MessageTypeDefinition<_heliu_v1_TreeNodeAnswer, _heliu_v1_TreeNodeAnswer__Output>
      TreeNodeRequest: MessageTypeDefinition<_heliu_v1_TreeNodeRequest, _heliu_v1_TreeNodeRequest__Output>
    }
  }
}

